//go:build linux && cgo && seccomp

// A seccomp filter is compiled by libseccomp from some four hundred rules, which takes as long as all else that happens
// inside a container before its command begins. The filter depends on nothing but the calls by which it is described, so
// they are written down here instead of made, and the program that came of the same calls before is given back. What is
// not known is compiled by libseccomp from the same calls; the linker leads them here (see filters.go).
//
// When anything is out of the ordinary the answer is an error, and no container begins without its filter.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filters.h"

enum { MOST_DESCRIPTION = 1 << 20, MOST_STORE = 16 << 20 };
enum call { INIT = 1, ARCH_ADD, ARCH_REMOVE, ATTRIBUTE, RULE };

scmp_filter_ctx __real_seccomp_init(uint32_t action);
void __real_seccomp_release(scmp_filter_ctx ctx);
int __real_seccomp_arch_add(scmp_filter_ctx ctx, uint32_t arch);
int __real_seccomp_arch_remove(scmp_filter_ctx ctx, uint32_t arch);
int __real_seccomp_attr_set(scmp_filter_ctx ctx, enum scmp_filter_attr attribute, uint32_t value);
int __real_seccomp_rule_add_array(scmp_filter_ctx ctx, uint32_t action, int number, unsigned int count, const struct scmp_arg_cmp *conditions);
int __real_seccomp_export_bpf(const scmp_filter_ctx ctx, int fd);

// What was compiled before: entries one after the other, each a header, a description and a program.
static const uint8_t *store;
static size_t store_size;

// The one filter that is being described.
static struct {
	scmp_filter_ctx ctx; // NULL when there is none
	uint8_t *text;       // the description
	size_t size, room;
	int failed;
} now;

static int compiling = -1; // where an entry is to be written to, by a process that is there for nothing else

// Before libcontainer's own program and before there is a container: what is mapped here is still there inside of it.
__attribute__((constructor(200))) static void open_store(int count, char **arguments) {
	char path[PATH_MAX];
	struct stat about;
	if (count < 2 || strcmp(arguments[1], "init") != 0 || getenv("_LIBCONTAINER_INITPIPE") == NULL || arguments[0][0] != '/')
		return;
	char *slash = strrchr(arguments[0], '/');
	if ((size_t)snprintf(path, sizeof path, "%.*s/" STORE_NAME, (int)(slash - arguments[0]), arguments[0]) >= sizeof path)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() && (about.st_mode & 022) == 0 && about.st_size > 0 && about.st_size <= MOST_STORE) {
		void *mapped = mmap(NULL, about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (mapped != MAP_FAILED) {
			store = mapped;
			store_size = about.st_size;
		}
	}
	close(fd);
}

void filters_compile_to(int fd) { compiling = fd; }

static int deferred(void) { return store != NULL || compiling >= 0; }

static void note(const void *data, size_t size) {
	if (now.failed)
		return;
	if (now.size + size > now.room) {
		size_t room = now.room ? 2 * now.room : 32 << 10;
		uint8_t *text = room <= MOST_DESCRIPTION && now.size + size <= room ? realloc(now.text, room) : NULL;
		if (text == NULL) {
			now.failed = 1;
			return;
		}
		now.text = text;
		now.room = room;
	}
	memcpy(now.text + now.size, data, size);
	now.size += size;
}

static void note_call(uint32_t call, uint32_t one, uint32_t two, uint32_t three) {
	uint32_t words[4] = {call, one, two, three};
	note(words, sizeof words);
}

scmp_filter_ctx __wrap_seccomp_init(uint32_t action) {
	scmp_filter_ctx ctx = __real_seccomp_init(action);
	if (ctx == NULL || !deferred())
		return ctx;
	if (now.ctx != NULL) // two at once: neither is what is written down
		now.failed = 1;
	now.ctx = ctx;
	now.size = 0;
	const struct scmp_version *version = seccomp_version();
	note_call(version->major, version->minor, version->micro, 1 /* of this format */);
	note_call(INIT, action, 0, 0);
	return ctx;
}

void __wrap_seccomp_release(scmp_filter_ctx ctx) {
	if (ctx == now.ctx)
		now.ctx = NULL;
	__real_seccomp_release(ctx);
}

int __wrap_seccomp_arch_add(scmp_filter_ctx ctx, uint32_t arch) {
	if (ctx == now.ctx)
		note_call(ARCH_ADD, arch, 0, 0);
	return __real_seccomp_arch_add(ctx, arch);
}

int __wrap_seccomp_arch_remove(scmp_filter_ctx ctx, uint32_t arch) {
	if (ctx == now.ctx)
		note_call(ARCH_REMOVE, arch, 0, 0);
	return __real_seccomp_arch_remove(ctx, arch);
}

int __wrap_seccomp_attr_set(scmp_filter_ctx ctx, enum scmp_filter_attr attribute, uint32_t value) {
	if (ctx == now.ctx)
		note_call(ATTRIBUTE, attribute, value, 0);
	return __real_seccomp_attr_set(ctx, attribute, value);
}

// Architectures and attributes are few and may be refused, so they are noted and made. Rules are only noted.
int __wrap_seccomp_rule_add_array(scmp_filter_ctx ctx, uint32_t action, int number, unsigned int count, const struct scmp_arg_cmp *conditions) {
	if (!deferred())
		return __real_seccomp_rule_add_array(ctx, action, number, count, conditions);
	if (ctx != now.ctx || count > 6)
		return -EINVAL;
	note_call(RULE, action, number, count);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t words[4] = {conditions[i].arg, conditions[i].op, conditions[i].datum_a, conditions[i].datum_b};
		note(words, sizeof words);
	}
	return now.failed ? -ENOMEM : 0;
}

// What would otherwise act on a filter whose rules are not in it.
int __wrap_seccomp_load(scmp_filter_ctx ctx) { (void)ctx; return -EOPNOTSUPP; }
int __wrap_seccomp_merge(scmp_filter_ctx to, scmp_filter_ctx from) { (void)to; (void)from; return -EOPNOTSUPP; }
int __wrap_seccomp_reset(scmp_filter_ctx ctx, uint32_t action) { (void)ctx; (void)action; return -EOPNOTSUPP; }
int __wrap_seccomp_rule_add_exact_array(scmp_filter_ctx ctx, uint32_t action, int number, unsigned int count, const struct scmp_arg_cmp *conditions) {
	(void)ctx; (void)action; (void)number; (void)count; (void)conditions;
	return -EOPNOTSUPP;
}

static int write_all(int fd, const void *data, size_t size) {
	for (const uint8_t *at = data; size > 0;) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		at += n;
		size -= n;
	}
	return 0;
}

// make_rules gives libseccomp the rules that were noted.
static int make_rules(void) {
	for (size_t at = 0; at + 16 <= now.size;) {
		uint32_t words[4];
		memcpy(words, now.text + at, sizeof words);
		at += sizeof words;
		if (words[0] != RULE || at == 16) // the first four words are versions
			continue;
		struct scmp_arg_cmp conditions[6];
		for (uint32_t i = 0; i < words[3]; i++) {
			uint64_t parts[4];
			memcpy(parts, now.text + at, sizeof parts);
			at += sizeof parts;
			conditions[i] = (struct scmp_arg_cmp){parts[0], parts[1], parts[2], parts[3]};
		}
		int failed = __real_seccomp_rule_add_array(now.ctx, words[1], words[2], words[3], conditions);
		if (failed)
			return failed;
	}
	return 0;
}

// compile makes the rules and writes the program; where an entry for the store is wanted, it writes that and ends the process.
static int compile(int fd) {
	int failed = make_rules();
	if (failed || compiling < 0)
		return failed ? failed : __real_seccomp_export_bpf(now.ctx, fd);
	int file = memfd_create("filter", MFD_CLOEXEC);
	if (file < 0)
		return -errno;
	struct entry header = {ENTRY_MARK, now.size, 0};
	struct stat about;
	failed = __real_seccomp_export_bpf(now.ctx, file);
	if (!failed && fstat(file, &about) < 0)
		failed = -errno;
	if (!failed) {
		header.program = about.st_size;
		void *program = mmap(NULL, header.program, PROT_READ, MAP_PRIVATE, file, 0);
		if (program == MAP_FAILED)
			failed = -errno;
		if (!failed)
			failed = write_all(compiling, &header, sizeof header);
		if (!failed)
			failed = write_all(compiling, now.text, now.size);
		if (!failed)
			failed = write_all(compiling, program, header.program);
	}
	if (!failed)
		_exit(0); // what follows would load it
	close(file);
	return failed;
}

int __wrap_seccomp_export_bpf(const scmp_filter_ctx ctx, int fd) {
	if (!deferred())
		return __real_seccomp_export_bpf(ctx, fd);
	if (ctx != now.ctx || now.failed)
		return -EINVAL;
	for (size_t at = 0; at + sizeof(struct entry) <= store_size;) {
		struct entry header;
		memcpy(&header, store + at, sizeof header);
		at += sizeof header;
		if (header.mark != ENTRY_MARK || header.description > store_size - at || header.program > store_size - at - header.description)
			break;
		if (header.description == now.size && header.program > 0 && memcmp(store + at, now.text, now.size) == 0)
			return write_all(fd, store + at + header.description, header.program);
		at += (size_t)header.description + header.program;
	}
	return compile(fd);
}
