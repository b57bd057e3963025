/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CHECK_HEARD_H
#define SIM_CHECK_HEARD_H
/*
 * What the checks share: remembering events without growing, the same again being only counted, and
 * the standing of a domain: whether what it does to its own is its neighbours' fault.
 */
#include "sim/check/check.h"
#include "sim/hook/bytes.h"

#define HEARD_MAX FINDINGS_MAX

struct heard {
    struct probe first;
    uint64_t count;
};

struct heard_list {
    struct heard list[HEARD_MAX];
    unsigned count;
    uint64_t lost; /* different ones beyond HEARD_MAX */
};

/* What must be equal for the same again, beside kind, domain and object. */
enum heard_by { HEARD_BY_OBJECT, HEARD_BY_A, HEARD_BY_B };

void heard_note(struct heard_list *h, const struct probe *p, enum heard_by by);
/* In the end: say of each what is to be said of it, and that others were lost. */
void heard_judge(const struct heard_list *h, const struct plan *plan, struct findings *out,
                 void (*judge)(const struct plan *plan, const struct heard *h,
                               struct findings *out));
/* What is usual: who told of it did it, then and there. */
struct finding heard_finding(const struct heard *h, uint32_t victim, const char *object);

/* -- standing: as the plan has it, and of nobody who is not in it; an event may name anything -- */
bool domain_compromised(const struct plan *plan, uint32_t pd); /* a scenario fault is aimed at it */
/* Compromised or untrusted: its own misdeeds are no breach. */
bool domain_suspect(const struct plan *plan, uint32_t pd);
/* The same, but for one that is only begun anew, again and again: that does no more than its image
 * does, and what it does, not what it leaves undone, it answers for. */
bool domain_misbehaves(const struct plan *plan, uint32_t pd);
/* Who answers for what `pd` is seen to do: a device that lies for its driver, which knows only what
 * that makes it believe; else itself. Of one that only fails, and tells, a driver is to recover. */
uint32_t domain_behind(const struct plan *plan, uint32_t pd);
/* The device that a fault is about, for its driver: whatever that does, it may have met a device
 * that was not as it had left it. Else itself. */
uint32_t domain_failed_by(const struct plan *plan, uint32_t pd);
/* One that `pd` has to rely on and cannot, and that gives it buffers of this pool; PLAN_NONE: there
 * is none. An endpoint is nobody to rely on, but by a driver that it has to itself. */
uint32_t domain_misled_by(const struct plan *plan, uint32_t pd, uint32_t pool);
/*
 * Is what a trusted domain is seen to do its own doing, whoever its neighbours are? Its watch knows
 * every entry that it took and gave, and takes none of them for more than it is. In host time what
 * lies between may be another's, who writes where both may.
 */
bool domain_watched_closely(const struct plan *plan, uint32_t pd);
/* "is compromised", "is untrusted", "is trusted". */
const char *domain_standing(const struct plan *plan, uint32_t pd);

/* Is that its part in its class? */
bool domain_is(const struct plan *plan, uint32_t pd, const char *role);

/* -- who died, was stopped, or was kept from hearing a signal: one flag a domain, kept by those
 * that need it -- */
bool *gone_start(const struct plan *plan);
void gone_hear(bool *gone, const struct plan *plan, const struct probe *p);
static inline bool gone_is(const bool *gone, const struct plan *plan, uint32_t pd)
{
    return gone != NULL && pd < plan->pd_count && gone[pd];
}

/* Gone, or not to be relied on. */
static inline bool gone_or_suspect(const bool *gone, const struct plan *plan, uint32_t pd)
{
    return gone_is(gone, plan, pd) || domain_suspect(plan, pd);
}

/* The same, or led by a device that is compromised: what it does not do for its frames and buffers
 * is no fault of its own. */
static inline bool gone_or_misled(const bool *gone, const struct plan *plan, uint32_t pd)
{
    return gone_or_suspect(gone, plan, pd) || domain_behind(plan, pd) != pd;
}

/* -- how the run ended -- */
struct over {
    bool told;
    enum run_end end;
};
void over_hear(struct over *o, const struct probe *p);
bool over_cut_off(const struct over *o); /* in the middle */
bool over_quiet(const struct over *o);   /* nothing would ever happen again */

/* -- what was told of bytes (sim/hook/bytes.h), kept as above but with the numbers apart -- */
struct heard_bytes {
    struct {
        struct probe first;
        struct bytes_news news; /* of the first */
        uint64_t count;
    } list[HEARD_MAX];
    unsigned count;
    uint64_t lost;
};

/* The same thing told by the same domain of the same object and origin is the same. */
void heard_bytes_note(struct heard_bytes *h, const struct probe *p);
/*
 * Who gave a domain a frame of another length than it had: one who said so of itself, or else the
 * driver, if that was seen; PLAN_NONE if neither.
 */
uint32_t heard_bytes_stretcher(const struct heard_bytes *h, const struct plan *plan, uint32_t pd);

/* -- names, "somebody" or "?" where an event names nothing of the plan -- */
const char *pd_name(const struct plan *plan, uint32_t pd);
const char *queue_name(const struct plan *plan, uint32_t queue);
const char *pool_name(const struct plan *plan, uint32_t pool);
const char *device_name(const struct plan *plan, uint32_t device);
uint32_t device_driver(const struct plan *plan, uint32_t device); /* PLAN_NONE if there is none */
/* The other end of a queue, seen from `pd`; PLAN_NONE if it is at neither. */
uint32_t queue_peer(const struct plan *plan, uint32_t queue, uint32_t pd);

/*
 * Word a finding: `one` with the text of `format`. Excused ones are those a suspect or dead domain
 * did to itself.
 */
void say_finding(struct findings *out, bool excused, struct finding one, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#endif
