/* replay.h - the proof that the simulated nodes run the real code unchanged.
 *
 * A recorded run keeps, per node, every event given to it and a hash of the effects it gave back,
 * byte for byte. The replay steps fresh nodes with those events outside SimGrid and compares.
 */
#ifndef OXBOW_MODEL_REPLAY_H
#define OXBOW_MODEL_REPLAY_H

#include "model/world.h"

/* Replays every node recorded in the folder `record` by a run of `config`. Returns the number of
 * steps compared; false with `error` naming node, step and effect at the first difference, or when
 * the record cannot be read. */
bool ox_replay_check(const struct ox_world_config *config, const char *record, uint64_t *steps,
                     GError **error);

#endif
