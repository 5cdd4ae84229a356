/* Plugs USB readers in and out of a pcscd of the tests' own, without USB. Two libraries come of this file: with -DUDEV
 * the one that is preloaded and stands in for libudev, without it the reader driver that pcscd then loads, which passes
 * everything on to vpcd.
 *
 * TRAM_PLUGS names a FIFO; one line in it is one event: "add PORT" or "remove PORT". TRAM_VPCD names vpcd's library.
 * A device's node is its port, which is how the port finds its way through pcscd into the driver.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ifdhandler.h>

#ifdef UDEV

struct udev_device {
	char action[16];
	char node[32];
};

static char anything;

void *udev_new(void) { return &anything; }
void *udev_unref(void *udev) { (void)udev; return NULL; }

void *udev_enumerate_new(void *udev) { (void)udev; return &anything; }
int udev_enumerate_add_match_subsystem(void *list, const char *subsystem) { (void)list; (void)subsystem; return 0; }
int udev_enumerate_scan_devices(void *list) { (void)list; return 0; }
void *udev_enumerate_get_list_entry(void *list) { (void)list; return NULL; }
void *udev_enumerate_unref(void *list) { (void)list; return NULL; }
void *udev_list_entry_get_next(void *entry) { (void)entry; return NULL; }
const char *udev_list_entry_get_name(void *entry) { (void)entry; return NULL; }

void *udev_monitor_new_from_netlink(void *udev, const char *name) { (void)udev; (void)name; return &anything; }
int udev_monitor_filter_add_match_subsystem_devtype(void *monitor, const char *subsystem, const char *type)
{
	(void)monitor; (void)subsystem; (void)type;
	return 0;
}
int udev_monitor_enable_receiving(void *monitor) { (void)monitor; return 0; }

int udev_monitor_get_fd(void *monitor)
{
	static int plugs = -1;

	(void)monitor;
	if (plugs < 0)
		plugs = open(getenv("TRAM_PLUGS"), O_RDWR | O_CLOEXEC);
	return plugs;
}

struct udev_device *udev_monitor_receive_device(void *monitor)
{
	char line[sizeof(struct udev_device)] = "";
	struct udev_device *device = calloc(1, sizeof *device);

	for (size_t at = 0; at < sizeof line - 1 && read(udev_monitor_get_fd(monitor), line + at, 1) == 1; at++)
		if (line[at] == '\n')
			break;
	sscanf(line, "%15s %31s", device->action, device->node);
	return device;
}

struct udev_device *udev_device_new_from_syspath(void *udev, const char *path) { (void)udev; (void)path; return NULL; }
struct udev_device *udev_device_unref(struct udev_device *device) { free(device); return NULL; }
const char *udev_device_get_action(struct udev_device *device) { return device->action; }
const char *udev_device_get_devnode(struct udev_device *device) { return device->node; }
const char *udev_device_get_sysname(struct udev_device *device) { return device->node; }

struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *device, const char *subsystem,
	const char *type)
{
	(void)subsystem; (void)type;
	return device;
}

const char *udev_device_get_sysattr_value(struct udev_device *device, const char *name)
{
	(void)device;
	if (strcmp(name, "idVendor") == 0)
		return "7a6d";
	if (strcmp(name, "idProduct") == 0)
		return "0001";
	return strcmp(name, "bInterfaceNumber") == 0 ? "00" : NULL;
}

#else

static void *vpcd(const char *function)
{
	static void *library;

	if (library == NULL)
		library = dlopen(getenv("TRAM_VPCD"), RTLD_NOW | RTLD_LOCAL);
	return dlsym(library, function);
}

#define PASS_ON(name) ((__typeof__(&name))vpcd(#name))

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR device)
{
	char address[64];

	snprintf(address, sizeof address, "/dev/null:%s", strrchr(device, ':') + 1);
	return PASS_ON(IFDHCreateChannelByName)(lun, address);
}

RESPONSECODE IFDHCreateChannel(DWORD lun, DWORD channel) { return PASS_ON(IFDHCreateChannel)(lun, channel); }
RESPONSECODE IFDHCloseChannel(DWORD lun) { return PASS_ON(IFDHCloseChannel)(lun); }
RESPONSECODE IFDHICCPresence(DWORD lun) { return PASS_ON(IFDHICCPresence)(lun); }

RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value)
{
	return PASS_ON(IFDHGetCapabilities)(lun, tag, length, value);
}

RESPONSECODE IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD length, PUCHAR value)
{
	return PASS_ON(IFDHSetCapabilities)(lun, tag, length, value);
}

RESPONSECODE IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3)
{
	return PASS_ON(IFDHSetProtocolParameters)(lun, protocol, flags, pts1, pts2, pts3);
}

RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD length)
{
	return PASS_ON(IFDHPowerICC)(lun, action, atr, length);
}

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER send, PUCHAR command, DWORD command_length, PUCHAR response,
	PDWORD response_length, PSCARD_IO_HEADER receive)
{
	return PASS_ON(IFDHTransmitToICC)(lun, send, command, command_length, response, response_length, receive);
}

RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR in, DWORD in_length, PUCHAR out, DWORD out_length, LPDWORD sent)
{
	return PASS_ON(IFDHControl)(lun, code, in, in_length, out, out_length, sent);
}

#endif
