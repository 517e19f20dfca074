/* seeds.c - writes the seed corpora: honest encodings of every type, frames and logs of honest
 * nodes, and the texts of this repository.
 *
 *     seeds DIR        DIR/object/000, DIR/object/001, ...; DIR/delta/..., one folder per target
 */
#include "props/fuzz/net.h"

#include "crdt/hlc.h"
#include "crdt/rga.h"
#include "protocols/frame.h"

#include <glib.h>
#include <string.h>

enum { HISTORIES = 24, FRAMES_MAX = 64, FRAMES_TOGETHER = 4 };

static const char *root;

static void save(const char *target, struct ox_bytes bytes) {
    static GHashTable *counts; /* target -> how many */
    if (counts == NULL)
        counts = g_hash_table_new(g_str_hash, g_str_equal);
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(counts, target));
    g_hash_table_insert(counts, (gpointer)target, GUINT_TO_POINTER(number + 1));
    char *folder = g_build_filename(root, target, NULL);
    char *path = g_strdup_printf("%s/%03u", folder, number);
    FUZZ_CHECK(g_mkdir_with_parents(folder, 0777) == 0, "no folder %s", folder);
    FUZZ_CHECK(g_file_set_contents(path, (const char *)bytes.data, (gssize)bytes.size, NULL),
               "cannot write %s", path);
    g_free(path);
    g_free(folder);
}

/* ---- objects and deltas ---- */

static void objects(uint8_t type) {
    for (unsigned i = 0; i < HISTORIES; i++) {
        struct ox_object object;
        struct ox_buf out = {0};
        fuzz_honest_object(ox_types[type], i, i, 1, &object);
        ox_buf_push(&out, type);
        ox_object_encode(&object, &out);
        save("object", ox_buf_bytes(&out));
        FUZZ_CHECK(ox_object_collect(&object, &object.context) == OX_OK, "not collected");
        ox_buf_clear(&out);
        ox_buf_push(&out, type);
        ox_object_encode(&object, &out);
        save("object", ox_buf_bytes(&out));
        ox_object_free(&object);
        ox_buf_free(&out);
    }
}

static void save_delta(uint8_t type, const struct ox_delta *delta) {
    struct ox_buf out = {0};
    ox_buf_push(&out, type);
    ox_delta_encode(delta, &out);
    save("delta", ox_buf_bytes(&out));
    ox_buf_free(&out);
}

/* Of single updates, of groups, and what the honest object of the target lacks of a longer one. */
static void deltas(uint8_t type) {
    uint64_t dice = 77;
    for (unsigned i = 0; i < HISTORIES; i++) {
        struct ox_object object, before;
        struct ox_delta delta = {0}, group = {0};
        fuzz_honest_object(ox_types[type], i % 2 == 0 ? 3 : i, i % 2 == 0 ? 8 : i, 1, &object);
        FUZZ_CHECK(ox_object_copy(&before, &object) == OX_OK, "no memory");
        for (unsigned updates = 0; updates < 1 + i / 4; updates++) {
            struct fuzz_op drawn;
            struct ox_stamp stamp = {fuzz_roll(&dice, 1000), 0, 1};
            fuzz_random_op(&object, &dice, &drawn);
            if (ox_object_apply(&object, &drawn.op, 1 + i % 3, &stamp, &delta) == OX_OK) {
                save_delta(type, &delta);
                FUZZ_CHECK(ox_delta_merge(&group, &delta) == OX_OK, "deltas in a row do not meet");
            }
        }
        if (group.type != NULL)
            save_delta(type, &group);
        FUZZ_CHECK(ox_object_delta_since(&object, &before.context, &delta) == OX_OK, "no memory");
        save_delta(type, &delta);
        ox_delta_free(&delta);
        ox_delta_free(&group);
        ox_object_free(&object);
        ox_object_free(&before);
    }
}

/* ---- operations ---- */

/* One edit of a kind drawn; what cannot be done there is no operation. */
static void random_operation(struct ox_object *text, uint64_t *dice, ox_replica self,
                             struct ox_rga_op *op) {
    const struct ox_value list[] = {ox_value_int(300), ox_value_text("x"),
                                    ox_value_text("\xc3\xa9"), ox_value_null(),
                                    ox_value_text("word")};
    uint64_t position = fuzz_roll(dice, ox_rga_length(text) + 1);
    uint64_t first = fuzz_roll(dice, G_N_ELEMENTS(list)), count = 1 + fuzz_roll(dice, 5);
    switch (fuzz_roll(dice, 4)) {
    case 0:
        ox_rga_op_insert_list(text, position, list + first, MIN(count, G_N_ELEMENTS(list) - first),
                              self, op);
        break;
    case 1:
        ox_rga_op_erase(text, position, count, self, op);
        break;
    default:
        ox_rga_op_write(text, position, ox_bytes_of_text(count > 2 ? "c" : "w\xc3\xb6rd"), self,
                        op);
        break;
    }
}

/* Pieces of one operation each, which follow on one another and on the target's honest object. */
static void operations(void) {
    uint64_t dice = 99;
    for (unsigned i = 0; i < 3 * HISTORIES; i++) {
        struct ox_object text, other;
        struct ox_rga_op op = {0};
        struct ox_buf piece = {0}, out = {0};
        fuzz_honest_object(&ox_rga, 3, 8, 1, &text);
        FUZZ_CHECK(ox_object_copy(&other, &text) == OX_OK, "no memory");
        for (unsigned k = 0; k < 1 + i / 4; k++) {
            random_operation(i % 2 == 0 || k % 3 > 0 ? &text : &other, &dice, 1 + k % 3 / 2, &op);
            if (op.dot.n == 0)
                continue;
            ox_buf_clear(&piece);
            ox_rga_op_encode(&op, &piece);
            fuzz_put_piece(&out, ox_buf_bytes(&piece));
        }
        save("operation", ox_buf_bytes(&out));
        ox_rga_op_free(&op);
        ox_buf_free(&piece);
        ox_buf_free(&out);
        ox_object_free(&text);
        ox_object_free(&other);
    }
}

/* ---- stores ---- */

/* Objects of all types, some removed, some of these partly back. */
static void stores(void) {
    for (unsigned i = 0; i < HISTORIES; i++) {
        struct ox_store *store = ox_store_new();
        struct ox_buf out = {0};
        for (unsigned k = 0; k < i; k++) {
            static const char *const names[] = {"a", "name", "\xc3\xa9"};
            const struct ox_type *type = ox_types[(i + k) % fuzz_type_count()];
            struct ox_object object, less;
            struct ox_entry *entry;
            ox_replica first = 1 + 2 * k; /* no dot with two updates */
            fuzz_honest_object(type, i + k, 1 + k, first, &object);
            fuzz_honest_object(type, i + k, 1 + k / 2, first, &less);
            FUZZ_CHECK(ox_store_open(store, ox_bytes_of_text(names[k % 3]), type, &entry) ==
                               OX_OK &&
                           ox_store_join(store, entry, &object, NULL) == OX_OK,
                       "an honest object is refused");
            if (k % 3 == 2)
                ox_store_remove(store, entry);
            if (k % 6 == 5)
                ox_store_join(store, entry, &less, NULL);
            ox_object_free(&object);
            ox_object_free(&less);
        }
        ox_store_encode(store, &out);
        save("store", ox_buf_bytes(&out));
        ox_buf_free(&out);
        ox_store_free(store);
    }
}

/* ---- small things ---- */

static void value_seed(uint8_t which, const char *bytes, size_t size) {
    struct ox_buf out = {0};
    ox_buf_push(&out, which);
    ox_buf_append(&out, bytes, size);
    save("value", ox_buf_bytes(&out));
    ox_buf_free(&out);
}

static void values(void) {
    static const char *const items[] = {
        "\xf6",
        "\xf5",
        "\x18\x18",
        "\x3b\x7f\xff\xff\xff\xff\xff\xff\xff",
        "\x63x\xc3\xa9",
        "\x82\x01\x82\x20\x61y",
        "\xa2\x61\x61\x80\x61\x62\xf4",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++) {
        value_seed(0, items[i], strlen(items[i]));
        value_seed(4, items[i], strlen(items[i]));
    }
    value_seed(1, "\xa2\x01\x05\x18\x64\x19\x01\x00", 8);
    value_seed(2, "\xa2\x01\x83\x01\x02\x03\x02\x82\x05\x01", 10);
    value_seed(3, "\x83\x1a\x00\x01\x00\x00\x02\x03", 8);
}

/* ---- frames and logs ---- */

struct frames {
    struct ox_buf together; /* the last few, as one input */
    unsigned count;
};

static void frame(void *self, ox_peer from, struct ox_bytes bytes) {
    struct frames *frames = self;
    struct ox_frame read;
    if (++frames->count > FRAMES_MAX || bytes.size > 1000)
        return;
    FUZZ_CHECK(ox_frame_read(&read, bytes) == OX_OK, "an honest frame is refused");
    struct ox_buf piece = {0}, single = {0};
    ox_buf_push(&piece, from == 1 ? 0 : 1);
    ox_buf_append(&piece, bytes.data, bytes.size);
    fuzz_put_piece(&frames->together, ox_buf_bytes(&piece));
    ox_buf_clear(&piece);
    ox_buf_push(&piece, from == 1 ? 2 : 3);
    ox_buf_append(&piece, read.body.data, read.body.size);
    fuzz_put_piece(&single, ox_buf_bytes(&piece));
    fuzz_put_piece(&single, ox_bytes_of_text("\x04\x05"));
    save("frame", ox_buf_bytes(&single));
    if (frames->count % FRAMES_TOGETHER == 0) {
        save("frame", ox_buf_bytes(&frames->together));
        ox_buf_clear(&frames->together);
    }
    ox_buf_free(&piece);
    ox_buf_free(&single);
}

/* A log is records of a length, a hash and a payload; the target makes the first two itself. */
static void save_logs(struct ox_bytes log) {
    struct ox_buf out = {0};
    unsigned records = 0;
    while (log.size > 12) {
        size_t size = (size_t)log.data[0] | (size_t)log.data[1] << 8;
        if (records == 0) {
            ox_buf_clear(&out);
            ox_buf_append(&out, "\x00\x04", 2); /* of replica 0, up to four of them */
        }
        fuzz_put_piece(&out, (struct ox_bytes){log.data + 12, size});
        records = (records + 1) % 4;
        if (records == 0)
            save("log", ox_buf_bytes(&out));
        log.data += 12 + size;
        log.size -= 12 + size;
    }
    if (records > 0)
        save("log", ox_buf_bytes(&out));
    ox_buf_free(&out);
}

static void frames_and_logs(void) {
    struct frames frames = {0};
    struct ox_buf log = {0};
    fuzz_net(&log, false, frame, &frames);
    save_logs(ox_buf_bytes(&log));
    fuzz_net(&log, true, NULL, NULL);
    save_logs(ox_buf_bytes(&log));
    ox_buf_free(&log);
    ox_buf_free(&frames.together);
}

/* ---- texts ---- */

static void texts(const char *target, const char *folder, const char *suffix) {
    char *path = g_build_filename(OXBOW_SOURCE_DIR, folder, NULL);
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    FUZZ_CHECK(dir != NULL, "no folder %s", path);
    while ((name = g_dir_read_name(dir)) != NULL) {
        char *text = NULL, *file = g_build_filename(path, name, NULL);
        gsize size;
        if (g_str_has_suffix(name, suffix) && g_file_get_contents(file, &text, &size, NULL))
            save(target, (struct ox_bytes){(const uint8_t *)text, size});
        g_free(text);
        g_free(file);
    }
    g_dir_close(dir);
    g_free(path);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: seeds DIR\n");
        return 64;
    }
    root = argv[1];
    for (uint8_t type = 0; type < fuzz_type_count(); type++) {
        objects(type);
        deltas(type);
    }
    operations();
    stores();
    values();
    frames_and_logs();
    texts("scenario", "scenarios", ".ini");
    texts("matrix", "scenarios/networks", ".csv");
    return 0;
}
