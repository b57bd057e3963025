/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The digest of a run differs when anything in the run does: any bit of a frame, any word of a
 * request, any time, anything a device did; and is the same when nothing does.
 */
#include "sim/base/digest.h"
#include "sim/base/rng.h"
#include "tests/unit/played_kernel.h"

/* -- frames -- */

#define FRAME_BYTES 1600u

/* Every bit of a frame of any length, and its length. */
static void any_bit_of_a_frame(void **state)
{
    static const size_t lengths[] = {1,  7,  8,  9,  31, 32, 33, 39, 40,  59,
                                     60, 63, 64, 65, 95, 96, 97, 98, 127, 1514};
    uint8_t frame[FRAME_BYTES];
    struct rng dice;

    (void)state;
    rng_init(&dice, 1, "test.digest");
    rng_bytes(&dice, frame, sizeof frame);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint64_t digest = digest_bytes(frame, lengths[i]);

        assert_int_equal(digest_bytes(frame, lengths[i]), digest);
        for (size_t bit = 0; bit < 8 * lengths[i]; bit++) {
            frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(digest_bytes(frame, lengths[i]), digest);
            frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        /* What lies behind it does not matter. */
        frame[lengths[i]] ^= 0xff;
        assert_int_equal(digest_bytes(frame, lengths[i]), digest);
        frame[lengths[i]] ^= 0xff;
    }
}

/* Frames of nothing but zeroes differ by their length. */
static void zeroes(void **state)
{
    static const uint8_t nothing[FRAME_BYTES];
    static uint64_t digests[FRAME_BYTES];

    (void)state;
    for (size_t length = 0; length < FRAME_BYTES; length++) {
        digests[length] = digest_bytes(nothing, length);
        for (size_t other = 0; other < length; other++) {
            assert_int_not_equal(digests[other], digests[length]);
        }
    }
}

/* Two words exchanged, wherever they are: lanes are not alike. */
static void words_exchanged(void **state)
{
    uint64_t words[16];
    struct rng dice;

    (void)state;
    rng_init(&dice, 2, "test.digest");
    for (unsigned i = 0; i < 16; i++) {
        words[i] = rng_u64(&dice);
    }
    uint64_t digest = digest_bytes(words, sizeof words);

    for (unsigned i = 0; i < 16; i++) {
        for (unsigned k = 0; k < i; k++) {
            uint64_t word = words[i];

            words[i] = words[k];
            words[k] = word;
            assert_int_not_equal(digest_bytes(words, sizeof words), digest);
            words[k] = words[i];
            words[i] = word;
        }
    }
    assert_int_equal(digest_bytes(words, sizeof words), digest);
}

/* Wherever in memory it lies. */
static void unaligned(void **state)
{
    uint8_t room[FRAME_BYTES + 64];
    uint8_t frame[100];
    struct rng dice;

    (void)state;
    rng_init(&dice, 3, "test.digest");
    rng_bytes(&dice, frame, sizeof frame);
    for (unsigned i = 0; i < 64; i++) {
        memcpy(room + i, frame, sizeof frame);
        assert_int_equal(digest_bytes(room + i, sizeof frame), digest_bytes(frame, sizeof frame));
    }
}

/* Whatever the processor has. */
static void same_everywhere(void **state)
{
    uint8_t frame[FRAME_BYTES];
    struct rng dice;

    (void)state;
    rng_init(&dice, 4, "test.digest");
    rng_bytes(&dice, frame, sizeof frame);
    for (size_t length = 0; length <= sizeof frame; length++) {
        assert_int_equal(digest_bytes(frame, length), digest_bytes_plain(frame, length));
    }
    assert_int_equal(digest_bytes_plain(NULL, 0), digest_bytes(frame, 0));
}

/* Nor is a block as good as another, or at another place. */
static void blocks_exchanged(void **state)
{
    uint8_t frame[1024], block[16];
    struct rng dice;

    (void)state;
    rng_init(&dice, 5, "test.digest");
    rng_bytes(&dice, frame, sizeof frame);
    uint64_t digest = digest_bytes(frame, sizeof frame);

    for (size_t i = 0; i < sizeof frame; i += sizeof block) {
        for (size_t k = 0; k < i; k += sizeof block) {
            for (unsigned times = 0; times < 2; times++) {
                memcpy(block, frame + i, sizeof block);
                memcpy(frame + i, frame + k, sizeof block);
                memcpy(frame + k, block, sizeof block);
                assert_int_equal(digest_bytes(frame, sizeof frame) == digest, times);
            }
        }
    }
}

/* -- a run -- */

enum { LOW, HIGH };
enum { STEPS = 12 };
#define CHANNEL 1u
#define IRQ     2u

/* What may be different in one step of the play. */
enum what {
    NOTHING,
    REQUEST,
    OTHER_CHANNEL,
    WORD_A,
    WORD_B,
    WORD_C,
    MESSAGE,
    DEFERRED,
    DEFERRED_CHANNEL,
    DEADLINE,
    TIME,
    DOMAIN_HASH,
    DEVICE_HASH,
    DEVICE_TIME,
    WHATS
};

static void step(uint32_t pd, enum turn_request request, enum what what)
{
    struct turn *t = p.turns[pd];

    t->now_ps += 1000 < horizon_of(pd) - now_of(pd) ? 1000 : 0;
    t->now_ps += what == TIME;
    t->hash = 0x1234 + (what == DOMAIN_HASH);
    t->a = 1;
    t->b = 4;
    t->c = 55;
    t->mrs[0] = 77 + (what == MESSAGE);
    t->deferred = TURN_DEFERRED_NONE;
    t->deferred_channel = 0;
    t->deadline_ps = now_of(pd) + 50000 + (what == DEADLINE);
    p.device[0].hash = 99 + (what == DEVICE_HASH);
    p.device[0].next_ps = now_of(pd) + (what == DEVICE_TIME ? 700 : 900000);
    switch (what) {
    case REQUEST:
        request = request == TURN_NOTIFY ? TURN_ACK : request + 1;
        break;
    case WORD_A:
        t->a = request == TURN_CALL || request == TURN_REPLY ? 1 | 1 << 12 : 0;
        break;
    case WORD_B:
        t->b = 2;
        break;
    case WORD_C:
        t->c = 56;
        break;
    case DEFERRED:
        t->deferred = TURN_DEFERRED_ACK;
        break;
    case DEFERRED_CHANNEL:
        t->deferred_channel = 60;
        break;
    default:
        break;
    }
    ask(pd, request, CHANNEL + 40 * (what == OTHER_CHANNEL));
    if (request != TURN_WAIT && request != TURN_REPLY) {
        assert_int_equal(t->hash, 0); /* it has been taken */
    }
}

/* HIGH reads and writes registers, LOW signals and calls it; `what` is different in one step. */
static uint64_t run(enum what what, unsigned where, enum turn_request *asked)
{
    static const enum turn_request of_low[] = {TURN_NOTIFY, TURN_CALL, TURN_NOTIFY, TURN_DRAIN};
    static const enum turn_request of_high[] = {TURN_MMIO_READ, TURN_WAIT, TURN_MMIO_WRITE,
                                                TURN_REPLY, TURN_WAIT};
    unsigned lows = 0, highs = 0;

    played_begin(1);
    add_pd(100, -1);
    add_pd(200, -1);
    add_link(LOW, CHANNEL, HIGH, CHANNEL, true);
    add_irq(add_device(HIGH), 0, IRQ);
    settle();
    kernel_nudge(&p.k, LOW);
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t pd = who_runs();

        if (pd == KERNEL_NONE) {
            break;
        }
        enum turn_request request = pd == LOW ? of_low[lows++ % 4] : of_high[highs++ % 5];

        if (i == where) {
            *asked = request;
        }
        step(pd, request, i == where ? what : NOTHING);
    }
    uint64_t digest = p.k.digest;

    played_end(NULL);
    return digest;
}

/* Is it a part of that request at all? */
static bool matters(enum what what, enum turn_request request)
{
    bool waits = request == TURN_WAIT || request == TURN_REPLY;
    bool access = request == TURN_MMIO_READ || request == TURN_MMIO_WRITE;

    switch (what) {
    case NOTHING:
        return false;
    case WORD_A:
        return access || request == TURN_CALL || request == TURN_REPLY;
    case WORD_B:
        return access;
    case WORD_C:
        return request == TURN_MMIO_WRITE;
    case MESSAGE:
        return request == TURN_CALL; /* an answer finds nobody in one place: below */
    case DEFERRED:
    case DEFERRED_CHANNEL:
    case DEADLINE:
        return waits;
    case OTHER_CHANNEL:
        return request == TURN_NOTIFY || request == TURN_CALL;
    case DEVICE_HASH:
    case DEVICE_TIME:
        return access;
    default:
        return true;
    }
}

static void anything_in_a_run(void **state)
{
    enum turn_request asked = TURN_REQUESTS;
    uint64_t digest = run(NOTHING, 0, &asked);
    unsigned differed[WHATS] = {0};

    (void)state;
    for (unsigned where = 0; where < STEPS; where++) {
        for (enum what what = NOTHING; what < WHATS; what++) {
            uint64_t other = run(what, where, &asked);

            if (what == NOTHING) {
                assert_int_equal(other, digest);
            } else if (matters(what, asked)) {
                differed[what]++;
                if (other == digest) {
                    fail_msg("thing %d of request %d in step %u made no difference", what, asked,
                             where);
                }
            }
        }
    }
    for (enum what what = REQUEST; what < WHATS; what++) {
        assert_true(differed[what] > 0);
    }
}

/* The words of an answer, too. */
static void answer(void **state)
{
    uint64_t digests[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        played_begin(1);
        add_pd(100, -1);
        add_pd(200, -1);
        add_link(LOW, CHANNEL, HIGH, CHANNEL, true);
        settle();
        nudge(LOW);
        assert_false(call(LOW, CHANNEL, 1, 5));
        assert_runs(HIGH);
        assert_false(reply(HIGH, 1, 6 + i));
        assert_runs(LOW);
        digests[i] = p.k.digest;
        played_end(NULL);
    }
    assert_int_not_equal(digests[0], digests[1]);
}

/* Any word that is told of, in any place of it. */
static void any_bit_of_what_is_told(void **state)
{
    (void)state;
    uint64_t digest = turn_mix(turn_mix(0, 1), 2);

    for (unsigned bit = 0; bit < 64; bit++) {
        assert_int_not_equal(turn_mix(turn_mix(0, 1 ^ 1ull << bit), 2), digest);
        assert_int_not_equal(turn_mix(turn_mix(0, 1), 2 ^ 1ull << bit), digest);
    }
    assert_int_not_equal(turn_mix(turn_mix(0, 2), 1), digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bit_of_a_frame),
        cmocka_unit_test(zeroes),
        cmocka_unit_test(words_exchanged),
        cmocka_unit_test(unaligned),
        cmocka_unit_test(same_everywhere),
        cmocka_unit_test(blocks_exchanged),
        cmocka_unit_test(any_bit_of_what_is_told),
        cmocka_unit_test(anything_in_a_run),
        cmocka_unit_test(answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
