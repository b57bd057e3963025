/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_VSWITCH_H
#define SDDF_NETWORK_VSWITCH_H
/*
 * What a client may ask of its virtual switch, by protected call over its transmit channel, which
 * tells the switch who is asking. The label says what is asked; arguments and results are in the
 * message registers named below. Every reply has label 0 and an error in register 0; after an error
 * nothing else in it counts. An unknown label or caller gets VSWITCH_ERR_INVALID_OPERATION.
 */

/* Labels. */
#define VSWITCH_SET_IP_ADDR 0 /* this client has an IPv4 address */
#define VSWITCH_QUERY_STATE 1 /* who am I, and whom can I reach? */
#define VSWITCH_REQ_CLIENT  2 /* which IPv4 address has the client at a port? */

typedef enum {
    VSWITCH_ERR_OKAY = 0,
    VSWITCH_ERR_INVALID_IP,       /* the address is 0 */
    VSWITCH_ERR_OPERATION_DENIED, /* the asker may not reach that port */
    VSWITCH_ERR_NO_IP,            /* that client has not said its address yet */
    VSWITCH_ERR_VIRT_PORT,        /* that port is not a client's */
    VSWITCH_ERR_INVALID_OPERATION,
} vswitch_err_t;

/* VSWITCH_SET_IP_ADDR: message registers of the request and of the reply. */
typedef enum {
    VSWITCH_SET_IP_ADDR_ARG = 0, /* not 0 */
    VSWITCH_SET_NUM_ARGS,
} vswitch_set_args_t;

typedef enum {
    VSWITCH_SET_RET_ERR = 0,
    VSWITCH_SET_RET_NUM_ARGS,
} vswitch_set_ret_args_t;

/* VSWITCH_QUERY_STATE. */
typedef enum {
    VSWITCH_QUERY_NUM_ARGS = 0,
} vswitch_query_args_t;

typedef enum {
    VSWITCH_QUERY_RET_ERR = 0,
    VSWITCH_QUERY_RET_CLIENT_ID,        /* the asker's own port */
    VSWITCH_QUERY_RET_REACHABLE_BITMAP, /* bit i: port i */
    VSWITCH_QUERY_RET_NUM_ARGS,
} vswitch_query_ret_args_t;

/* VSWITCH_REQ_CLIENT. A reply with an error has one register. */
typedef enum {
    VSWITCH_REQ_CLIENT_ID = 0, /* port */
    VSWITCH_REQ_NUM_ARGS,
} vswitch_req_args_t;

typedef enum {
    VSWITCH_REQ_RET_ERR = 0,
    VSWITCH_REQ_RET_IP_ADDR,
    VSWITCH_REQ_RET_NUM_ARGS,
} vswitch_req_ret_args_t;
#endif
