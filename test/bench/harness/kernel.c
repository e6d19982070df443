/*
 * Asks the kernel for what an IPv4 ADD of ptp asks it for, and for nothing else: what remains of an ADD if a plugin were
 * for nothing. No configuration is read, no address reserved, no result printed, and there is no C library to start.
 *
 * From the environment, as the plugins: CNI_COMMAND, ADD or DEL; CNI_NETNS, the path of the pod's namespace, whose last
 * digits give the pod its address, of 10.244.2.0/24: the contenders have another subnet. The interface is eth0. Ends
 * with 0, or with the kernel's error number.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <linux/if.h>
#include <sched.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin");
static long enter(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x29, #0\n\tmov x0, sp\n\tbl begin");
static long enter(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#else
#error "the system calls of this machine are not known here"
#endif

/* The kernel's answer; the program ends where that is an error. */
static long call(long number, long a, long b, long c, long d, long e, long f) {
  long result = enter(number, a, b, c, d, e, f);
  if (result < 0) enter(SYS_exit_group, -result, 0, 0, 0, 0, 0);
  return result;
}

/* Requests of one datagram. */
static char out[2048] __attribute__((aligned(4)));
static uint32_t length, message;

static void put(const void *bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) out[length++] = ((const char *)bytes)[i];
  while (length % 4 != 0) out[length++] = 0;
}

static void begin_message(uint16_t type, uint16_t flags, const void *family, uint32_t count) {
  message = length;
  struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};
  put(&header, sizeof header);
  put(family, count);
}

static void attribute(uint16_t type, const void *bytes, uint16_t count) {
  struct rtattr header = {.rta_len = RTA_LENGTH(count), .rta_type = type};
  put(&header, sizeof header);
  put(bytes, count);
}

static uint32_t begin_nest(uint16_t type) {
  uint32_t start = length;
  attribute(type, 0, 0);
  return start;
}

static void end_nest(uint32_t start) {
  ((struct rtattr *)(out + start))->rta_len = length - start;
}

static void end_message(void) {
  ((struct nlmsghdr *)(out + message))->nlmsg_len = length - message;
}

static int open_socket(void) {
  int socket = call(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE, 0, 0, 0);
  int on = 1;
  call(SYS_setsockopt, socket, SOL_NETLINK, NETLINK_CAP_ACK, (long)&on, sizeof on, 0);
  return socket;
}

/* Sends what was put together; up to the acknowledgement, the payload of the last answer, or a null pointer. */
static const char *talk(int socket, char *answer, uint32_t size) {
  call(SYS_sendto, socket, (long)out, length, 0, 0, 0);
  length = 0;
  const char *told = 0;
  for (char *next = answer;;) {
    uint32_t left = call(SYS_recvfrom, socket, (long)next, answer + size - next, 0, 0, 0);
    struct nlmsghdr *header = (struct nlmsghdr *)next;
    if (header->nlmsg_type == NLMSG_ERROR) {
      int error = ((struct nlmsgerr *)NLMSG_DATA(header))->error;
      if (error != 0) enter(SYS_exit_group, -error, 0, 0, 0, 0, 0);
      return told;
    }
    told = next + sizeof *header;
    next += NLMSG_ALIGN(left);
  }
}

static const uint8_t gateway[] = {10, 244, 2, 1};
static const uint8_t subnet[] = {10, 244, 2, 0};
static uint8_t pod_address[] = {10, 244, 2, 0};
static const uint8_t host_mac[] = {2, 0, 0, 0, 0, 1};

static void create_pair(int host_namespace, uint8_t pod) {
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  char name[] = "vethbench000";
  for (int i = 0, rest = pod; i < 3; i++, rest /= 10) name[11 - i] += rest % 10;
  uint32_t one = 1;
  begin_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK | NLM_F_ECHO, &link, sizeof link);
  attribute(IFLA_IFNAME, "eth0", 5);
  attribute(IFLA_NUM_TX_QUEUES, &one, sizeof one);
  attribute(IFLA_NUM_RX_QUEUES, &one, sizeof one);
  uint32_t info = begin_nest(IFLA_LINKINFO);
  attribute(IFLA_INFO_KIND, "veth", 5);
  uint32_t data = begin_nest(IFLA_INFO_DATA), peer = begin_nest(VETH_INFO_PEER);
  put(&link, sizeof link);
  attribute(IFLA_IFNAME, name, sizeof name);
  attribute(IFLA_ADDRESS, host_mac, sizeof host_mac);
  attribute(IFLA_NET_NS_FD, &host_namespace, sizeof host_namespace);
  attribute(IFLA_NUM_TX_QUEUES, &one, sizeof one);
  attribute(IFLA_NUM_RX_QUEUES, &one, sizeof one);
  end_nest(peer);
  end_nest(data);
  end_nest(info);
  end_message();
}

static void set_up(uint32_t index, uint16_t flags) {
  struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  begin_message(RTM_NEWLINK, flags, &link, sizeof link);
  end_message();
}

static void add_address(uint32_t index, const uint8_t *address, uint8_t prefix) {
  uint32_t flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE;
  struct ifaddrmsg family = {.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = index};
  begin_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &family, sizeof family);
  attribute(IFA_LOCAL, address, 4);
  attribute(IFA_ADDRESS, address, 4);
  attribute(IFA_FLAGS, &flags, sizeof flags);
  end_message();
}

static void set_neighbour(uint32_t index) {
  struct ndmsg family = {.ndm_family = AF_INET, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT};
  begin_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &family, sizeof family);
  attribute(NDA_DST, gateway, sizeof gateway);
  attribute(NDA_LLADDR, host_mac, sizeof host_mac);
  end_message();
}

static void add_route(uint32_t index, const uint8_t *to, uint8_t prefix, uint8_t scope, const uint8_t *via, uint16_t flags) {
  struct rtmsg family = {
      .rtm_family = AF_INET, .rtm_dst_len = prefix, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT,
      .rtm_scope = scope, .rtm_type = RTN_UNICAST};
  begin_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | flags, &family, sizeof family);
  if (prefix > 0) attribute(RTA_DST, to, 4);
  attribute(RTA_OIF, &index, sizeof index);
  if (via != 0) attribute(RTA_GATEWAY, via, 4);
  end_message();
}

static void add(int pod_socket, int host_namespace, uint8_t pod) {
  static char answer[16384] __attribute__((aligned(4)));
  pod_address[3] = pod;
  create_pair(host_namespace, pod);
  const char *made = talk(pod_socket, answer, sizeof answer);
  if (made == 0) enter(SYS_exit_group, 95, 0, 0, 0, 0, 0);
  const struct ifinfomsg *link = (const void *)made;
  uint32_t index = link->ifi_index, host_index = 0;
  uint32_t left = ((const struct nlmsghdr *)made - 1)->nlmsg_len - NLMSG_LENGTH(sizeof *link);
  for (const struct rtattr *one = IFLA_RTA(link); RTA_OK(one, left); one = RTA_NEXT(one, left))
    if (one->rta_type == IFLA_LINK) host_index = *(const uint32_t *)RTA_DATA(one);

  set_up(index, 0);
  add_address(index, pod_address, 24);
  set_neighbour(index);
  add_route(index, gateway, 32, RT_SCOPE_LINK, 0, 0);
  add_route(index, subnet, 24, RT_SCOPE_UNIVERSE, gateway, 0);
  add_route(index, 0, 0, RT_SCOPE_UNIVERSE, gateway, NLM_F_ACK);
  talk(pod_socket, answer, sizeof answer);

  int host_socket = open_socket();
  set_up(host_index, 0);
  add_address(host_index, gateway, 32);
  add_route(host_index, pod_address, 32, RT_SCOPE_HOST, 0, NLM_F_ACK);
  talk(host_socket, answer, sizeof answer);
}

static void delete(int pod_socket) {
  static char answer[1024] __attribute__((aligned(4)));
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  begin_message(RTM_DELLINK, NLM_F_ACK, &link, sizeof link);
  attribute(IFLA_IFNAME, "eth0", 5);
  end_message();
  talk(pod_socket, answer, sizeof answer);
}

static const char *variable(char **environment, const char *name) {
  for (; *environment != 0; environment++) {
    int i = 0;
    while (name[i] != 0 && (*environment)[i] == name[i]) i++;
    if (name[i] == 0 && (*environment)[i] == '=') return *environment + i + 1;
  }
  return "";
}

__attribute__((noreturn, used)) void begin(long *stack) {
  char **environment = (char **)(stack + *stack + 2);
  const char *path = variable(environment, "CNI_NETNS");
  uint8_t pod = 0;
  for (const char *next = path; *next != 0; next++) pod = *next >= '0' && *next <= '9' ? pod * 10 + *next - '0' : 0;

  int host = call(SYS_openat, AT_FDCWD, (long)"/proc/self/ns/net", O_RDONLY | O_CLOEXEC, 0, 0, 0);
  int namespace = call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
  call(SYS_setns, namespace, CLONE_NEWNET, 0, 0, 0, 0);
  int socket = open_socket();
  call(SYS_setns, host, CLONE_NEWNET, 0, 0, 0, 0);
  if (variable(environment, "CNI_COMMAND")[0] == 'A') add(socket, host, pod + 2);
  else delete(socket);
  enter(SYS_exit_group, 0, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}
