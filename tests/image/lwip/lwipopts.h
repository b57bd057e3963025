/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H
/*
 * How lwIP is set up for one that has no threads, a NIC whose checksums nobody mentions, and two
 * sorts of buffers: those of the receive region, wrapped in pbufs of the client's own, and lwIP's
 * heap.
 */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0

#define LWIP_IPV4                1
#define LWIP_IPV6                1
#define LWIP_ICMP                1
#define LWIP_DHCP                1
#define LWIP_DNS                 0
#define LWIP_RAW                 0
#define LWIP_IGMP                0
#define LWIP_ACD                 0
#define LWIP_DHCP_DOES_ACD_CHECK 0

/*
 * A receive virtualiser passes on what is for a client's own address, and broadcasts. No multicast,
 * so there is nobody to listen to: not to routers, nor to others of the same address.
 */
#define LWIP_IPV6_MLD                 0
#define LWIP_IPV6_AUTOCONFIG          0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_IPV6_DHCP6               0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define IPV6_FRAG_COPYHEADER          1

#define MEM_ALIGNMENT       8
#define MEM_SIZE            0x80000
#define MEMP_NUM_TCP_PCB    20
#define PBUF_POOL_SIZE      64
#define TCP_MSS             1460
#define TCP_WND             (44 * TCP_MSS)
#define TCP_SND_BUF         TCP_WND
#define TCP_SNDLOWAT        TCP_MSS
#define LWIP_WND_SCALE      1
#define TCP_RCV_SCALE       0
#define LWIP_TCP_SACK_OUT   1
#define LWIP_TCP_TIMESTAMPS 1
/*
 * What came out of order waits in receive buffers. Without a bound a connection could keep all the
 * client has, and none be left for what is missing.
 */
#define TCP_OOSEQ_MAX_PBUFS 8
#define MEMP_NUM_PBUF       (4 * TCP_SND_QUEUELEN)
#define MEMP_NUM_TCP_SEG    (4 * TCP_SND_QUEUELEN)

#define LWIP_SUPPORT_CUSTOM_PBUF      1
#define LWIP_PBUF_CUSTOM_DATA         struct pbuf *next_chain;
#define LWIP_PBUF_CUSTOM_DATA_INIT(p) (p)->next_chain = NULL
#define LWIP_NETIF_STATUS_CALLBACK    1
#define LWIP_STATS                    0

/* A NIC that sees to checksums is a platform's; without one all are made and looked at here. */
#ifdef NETWORK_HW_HAS_CHECKSUM
#define CHECKSUMS 0
#else
#define CHECKSUMS 1
#endif
#define CHECKSUM_GEN_IP     CHECKSUMS
#define CHECKSUM_GEN_UDP    CHECKSUMS
#define CHECKSUM_GEN_TCP    CHECKSUMS
#define CHECKSUM_GEN_ICMP   CHECKSUMS
#define CHECKSUM_CHECK_IP   CHECKSUMS
#define CHECKSUM_CHECK_UDP  CHECKSUMS
#define CHECKSUM_CHECK_TCP  CHECKSUMS
#define CHECKSUM_CHECK_ICMP CHECKSUMS
#endif
