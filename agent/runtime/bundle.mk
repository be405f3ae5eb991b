# The runtime bundle: what runs beside bin/roadstead to start containers. Include it from the Makefile and let `build`
# depend on `runtime-bundle`. Everything is pinned, checked against the module checksum database and built once.
#
#   bin/runtime/runc             runc, static, with seccomp (a plain `go install` has none)
#   bin/runtime/roadstead-init   the first process of containers that ask for one
#   bin/runtime/containerd-shim-roadstead-v2   the shim, which starts containers without executing runc
#
# Needs gcc and libseccomp-dev (Debian packages). Without them nothing breaks: the distribution's runc is used, and the
# shim, built without C then, executes it.

RUNC_VERSION ?= v1.5.2
RUNTIME_BUNDLE ?= bin/runtime
# What libcontainer is built with: the filter for system calls, without checkpoints.
SHIM_TAGS ?= seccomp runc_nocriu netgo osusergo
RUNC_BUILD ?= .cache/runc-$(RUNC_VERSION)

.PHONY: runtime-bundle runtime-bundle-clean $(RUNTIME_BUNDLE)/containerd-shim-roadstead-v2
runtime-bundle: $(RUNTIME_BUNDLE)/.runc-$(RUNC_VERSION) $(RUNTIME_BUNDLE)/roadstead-init $(RUNTIME_BUNDLE)/containerd-shim-roadstead-v2

# The stamp carries the version, so that raising RUNC_VERSION builds again and nothing else does.
$(RUNTIME_BUNDLE)/.runc-$(RUNC_VERSION):
	@mkdir -p $(RUNTIME_BUNDLE) $(RUNC_BUILD)
	@echo "building runc $(RUNC_VERSION) (once)"
	@set -e; \
	source=$$(go mod download -json github.com/opencontainers/runc@$(RUNC_VERSION) | sed -n 's/^\t"Dir": "\(.*\)",*$$/\1/p'); \
	test -d "$$source" || { echo "runc $(RUNC_VERSION) cannot be downloaded" >&2; exit 1; }; \
	cp -R "$$source/." $(RUNC_BUILD)/; chmod -R u+w $(RUNC_BUILD); \
	output=$$(pwd)/$(RUNTIME_BUNDLE)/runc; cd $(RUNC_BUILD); \
	CGO_ENABLED=1 GOFLAGS= GOWORK=off go build -trimpath -tags "seccomp urfave_cli_no_docs netgo osusergo" \
	  -ldflags "-s -w -X main.version=$(RUNC_VERSION:v%=%) -linkmode external -extldflags -static" -o "$$output.new" .; \
	mv "$$output.new" "$$output"
	@rm -rf $(RUNC_BUILD) $(RUNTIME_BUNDLE)/.runc-*
	@touch $@

$(RUNTIME_BUNDLE)/roadstead-init: agent/runtime/init/init.c
	@mkdir -p $(RUNTIME_BUNDLE)
	gcc -static -Os -s -Wall -Wextra -Werror -o $@ $<

# go build knows better than make when it is up to date. Running shims keep the file that they were started from.
$(RUNTIME_BUNDLE)/containerd-shim-roadstead-v2:
	@mkdir -p $(RUNTIME_BUNDLE)
	@set -e; if echo 'int main(void) { return 0; }' | gcc -static -x c -o /dev/null - -lseccomp 2>/dev/null; then \
	  echo "building the shim that starts containers itself"; \
	  CGO_ENABLED=1 go build -trimpath -tags "$(SHIM_TAGS)" -ldflags "-s -w -linkmode external -extldflags -static" -o $@.new ./agent/runtime/containerd/shim/program; \
	else \
	  echo "building the shim that executes runc, for want of gcc or libseccomp-dev"; \
	  CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $@.new ./agent/runtime/containerd/shim/program; \
	fi
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

runtime-bundle-clean:
	rm -rf $(RUNTIME_BUNDLE) .cache/runc-*
