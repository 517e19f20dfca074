/* history.h - who made what, when, having seen what; and who holds it now.
 *
 *     key "cart"                      node 0        node 1        node 2
 *       line 0: replica 0  [1][2][3]  up to 3       up to 2       up to 3
 *       line 1: replica 1  [1]        up to 1       up to 1       up to 0
 *                                     `-- a context: one n per line, and its hash --'
 *
 * Lines are the replicas that updated the key, in order of their first update; so a context is a
 * short dense array, and equal contexts have equal hashes (a sum over their updates, kept while
 * they grow).
 *
 * Cost: 4 bytes per (node, key, line) that a node has reached, 8 bytes per update that a node saw.
 */
#ifndef OXBOW_PROPS_JUDGE_HISTORY_H
#define OXBOW_PROPS_JUDGE_HISTORY_H

#include "props/judge/convergence.h"
#include "props/reference.h"

#define OX_NO_LINE UINT32_MAX

/* The bytes that a context of a key was last seen with. */
struct ox_key_state {
    bool known;
    uint64_t hash[2]; /* of the context */
    uint64_t state;
    uint32_t node;
    uint64_t t_ns;
};

struct ox_key {
    uint32_t index;
    char *label;                      /* for people: or-set "cart" */
    char *name;                       /* as observed, with a NUL added */
    char *type;                       /* likewise */
    size_t name_size, type_size;      /* bytes */
    struct ox_ref_history lines;      /* of struct ox_made * */
    GArray *replicas;                 /* of uint64_t, by line */
    GHashTable *line_of;              /* replica -> line + 1 */
    GPtrArray *made;                  /* of struct ox_made *, in order of time */
    const struct ox_reference *model; /* NULL: no reference model */
    bool foreign;                     /* has an update that the model does not accept */
    struct ox_key_state last;
};

/* An update that was made. */
struct ox_made {
    struct ox_ref_update update; /* first: the models see only this */
    struct ox_key *key;
    uint64_t made_ns;
    uint32_t node;            /* that made it */
    uint32_t life;            /* of that node, when it made it */
    uint32_t holders;         /* live nodes that hold it */
    bool died;                /* judged at the end: see judge.h */
    struct ox_coverage cover; /* when all live nodes held it */
    GArray *visible_ns;       /* of uint64_t: how long after it was made other replicas saw it */
};

/* A node's context of a key. */
struct ox_holding {
    struct ox_ref_context at;
    uint32_t have;   /* number of updates in it */
    bool final_read; /* read, with a state, after the run had ended */
    uint64_t hash[2];
};

struct ox_place { /* a node */
    bool live;
    bool started;                /* ever */
    bool disk;                   /* what it holds survived its last crash */
    uint64_t replica;            /* of its current or last life */
    uint32_t life;               /* how often it began with nothing */
    uint64_t life_from_ns;       /* since when it has the disk it has */
    uint64_t held;               /* updates in all its contexts */
    struct ox_holding *holdings; /* by key index */
    uint32_t holding_count;
};

struct ox_history {
    uint32_t nodes;
    struct ox_place *places;
    uint32_t live;   /* nodes */
    uint64_t known;  /* updates that at least one live node holds */
    GPtrArray *keys; /* of struct ox_key *, by index */
    GPtrArray *made; /* of struct ox_made *, in order of time */
    GHashTable *key_of;
    GHashTable *replica_seen; /* replica -> node + 1 */
};

struct ox_history *ox_history_new(uint32_t nodes);
void ox_history_free(struct ox_history *history);

/* The key, made when it is new. */
struct ox_key *ox_history_key(struct ox_history *history, struct ox_obs_text type,
                              struct ox_obs_text name);
/* The line of a replica, OX_NO_LINE when it never updated the key. */
uint32_t ox_key_line(const struct ox_key *key, uint64_t replica);
/* How many updates a line has. */
uint32_t ox_key_length(const struct ox_key *key, uint32_t line);
struct ox_made *ox_key_made(const struct ox_key *key, uint32_t line, uint32_t n);
uint64_t ox_key_replica(const struct ox_key *key, uint32_t line);

/* The node's context; valid until the next call for the same node. */
struct ox_holding *ox_history_holding(struct ox_history *history, uint32_t node,
                                      const struct ox_key *key);

/* Adds the next update of its replica to the key, which the node holds from then on. `update` is an
 * observation of kind UPDATE with n = 1 + the length of the replica's line. */
struct ox_made *ox_history_make(struct ox_history *history, struct ox_key *key,
                                const struct ox_observation *update);
/* The operation, for people: add "x"; update ["cart","n"] g-counter inc 2. */
char *ox_made_text(const struct ox_made *made);
/* The node's context goes up to `made`, which must be its replica's next. */
void ox_history_hold(struct ox_history *history, uint32_t node, struct ox_holding *holding,
                     struct ox_made *made, uint64_t t_ns);
/* Cost: O(updates made) each: who lives decides what all live nodes hold. */
void ox_history_start(struct ox_history *history, uint32_t node, uint64_t replica, bool disk,
                      uint64_t t_ns);
void ox_history_stop(struct ox_history *history, uint32_t node, bool keeps_disk, uint64_t t_ns);

#endif
