/*
 * Sends one router advertisement to all nodes of a link: advertise INTERFACE LIFETIME-SECONDS. Without prefixes, so all
 * that it says is that its sender is a default router for so long.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    int descriptor = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    int hops = 255;
    struct nd_router_advert advertisement = {
        .nd_ra_type = ND_ROUTER_ADVERT,
        .nd_ra_curhoplimit = 64,
        .nd_ra_router_lifetime = htons((unsigned short)atoi(argv[2])),
    };
    struct sockaddr_in6 all_nodes = {.sin6_family = AF_INET6, .sin6_scope_id = if_nametoindex(argv[1])};
    inet_pton(AF_INET6, "ff02::1", &all_nodes.sin6_addr);
    /* Nobody listens to one that came over a router. */
    if (descriptor < 0 || setsockopt(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) != 0 ||
        sendto(descriptor, &advertisement, sizeof advertisement, 0, (struct sockaddr *)&all_nodes,
               sizeof all_nodes) < 0) {
        perror("advertise");
        return 1;
    }
    return 0;
}
