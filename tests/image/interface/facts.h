/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_INTERFACE_FACTS_H
#define TESTS_IMAGE_INTERFACE_FACTS_H
/*
 * How these files state what sDDF 0.7 has: a size, a place, a type, a value. All is judged by the
 * compiler, without any header beside the one that is being judged.
 */
#define SIZE(type, bytes)       _Static_assert(sizeof(type) == (bytes), #type)
#define AT(type, field, offset) _Static_assert(__builtin_offsetof(type, field) == (offset), #field)
#define TYPE(what, type) \
    _Static_assert(__builtin_types_compatible_p(__typeof__(what), type), #what)
#define FIELD(of, field, type)  TYPE(((of *)0)->field, type)
#define CALL(name, result, ...) TYPE(name, result(__VA_ARGS__))
#define IS(name, value)         _Static_assert((name) == (value), #name)
#endif
