# The runtime bundle: what runs beside bin/roadstead to start containers. Include it from the Makefile and let `build`
# depend on `runtime-bundle`. Everything is pinned, checked against the module checksum database and built once.
#
#   bin/runtime/runc             runc, static, with seccomp (a plain `go install` has none)
#   bin/runtime/roadstead-init   the first process of containers that ask for one
#   bin/runtime/containerd-shim-roadstead-v2   the shim, quicker to start than bin/roadstead, which can be one too
#
# Needs gcc and libseccomp-dev (Debian packages). Without them nothing breaks: the distribution's runc is used.

RUNC_VERSION ?= v1.5.2
RUNTIME_BUNDLE ?= bin/runtime
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
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $@.new ./agent/runtime/containerd/shim/program
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

runtime-bundle-clean:
	rm -rf $(RUNTIME_BUNDLE) .cache/runc-*
