// The first process of a container whose task definition sets initProcessEnabled: it starts the command, passes every
// signal on to it, reaps whatever is orphaned and ends as the command ended. It allocates nothing and links nothing,
// so that it costs a container some kilobytes.
//
// Usage: roadstead-init -- command [argument...]
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(char **command, const sigset_t *original, pid_t *child) {
	*child = fork();
	if (*child < 0) {
		perror("roadstead-init: fork");
		return 126;
	}
	if (*child > 0) {
		return 0;
	}
	// A session of its own keeps terminal signals from reaching the command twice.
	setpgid(0, 0);
	if (isatty(STDIN_FILENO)) {
		tcsetpgrp(STDIN_FILENO, getpgrp());
	}
	sigprocmask(SIG_SETMASK, original, NULL);
	execvp(command[0], command);
	int code = errno == ENOENT ? 127 : 126;
	fprintf(stderr, "roadstead-init: exec %s: %s\n", command[0], strerror(errno));
	_exit(code);
}

// reap collects every dead child and returns 1, with the exit code, when the command is among them.
static int reap(pid_t child, int *code) {
	int status, ended = 0;
	for (;;) {
		pid_t dead = waitpid(-1, &status, WNOHANG);
		if (dead <= 0) {
			return ended;
		}
		if (dead == child) {
			*code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			ended = 1;
		}
	}
}

int main(int argc, char **argv) {
	if (argc < 3 || strcmp(argv[1], "--") != 0) {
		fprintf(stderr, "usage: roadstead-init -- command [argument...]\n");
		return 125;
	}
	sigset_t all, original;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGABRT);
	sigprocmask(SIG_SETMASK, &all, &original);
	// The command must not stop when it writes to the terminal before it is in the foreground.
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);

	pid_t child;
	int code = start(argv + 2, &original, &child);
	if (code != 0) {
		return code;
	}
	for (;;) {
		int received;
		if (sigwait(&all, &received) != 0) {
			continue;
		}
		if (received == SIGCHLD) {
			if (reap(child, &code)) {
				return code;
			}
			continue;
		}
		kill(child, received);
	}
}
