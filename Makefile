# SPDX-License-Identifier: BSD-2-Clause
# sddf-sim: one Makefile, wildcards only. `make help` lists the targets.
#
# BUILD=dir   where everything built goes; variants live side by side
# SAN=address,undefined   build with sanitizers (give BUILD= too)
# V=1         show the commands
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
OBJCOPY ?= objcopy
BUILD ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

ARCH := $(shell uname -m)
MARCH_x86_64 := -march=x86-64-v2
ARCHDEF_x86_64 := -DCONFIG_ARCH_X86_64
ARCHDEF_aarch64 := -DCONFIG_ARCH_AARCH64 -DCONFIG_ARCH_ARM

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith \
        -Wwrite-strings -Wvla -Wundef -Werror
# -O3: the runtime's watch and the device models are worth a few per cent more.
OPT ?= -O3
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=undefined,)
BASEFLAGS := -std=gnu11 $(OPT) -g -fno-omit-frame-pointer -momit-leaf-frame-pointer \
             $(MARCH_$(ARCH)) $(SANFLAGS) \
             -MMD -MP
# What a component may see: sddf/ by its own names, and the tree's root for device datasheets.
# A bulk copy is a call, and so a point, wherever gcc would rather copy by itself.
STRINGS := $(shell $(CC) -mstringop-strategy=libcall -E -x c /dev/null >/dev/null 2>&1 && \
                   echo -mstringop-strategy=libcall)
IMAGE_CPPFLAGS := -I. -Isddf $(ARCHDEF_$(ARCH)) -DCONFIG_ENABLE_SMP_SUPPORT
SIM_CPPFLAGS := -D_GNU_SOURCE -I. -Isddf $(ARCHDEF_$(ARCH)) -DCONFIG_ENABLE_SMP_SUPPORT
# The decoder is for x86 alone.
LIBS := -lpcap -ljansson -levent_core -lseccomp -ldw $(if $(filter x86_64,$(ARCH)),-lZydis) -lm \
        -ldl -pthread
EXPORTS := -Wl,--dynamic-list=sim/exec/exports.list
# Only images call these, so a test that loads one must be made to have them.
FOR_IMAGES := -Wl,--undefined=sddfsim_memcpy

SIM_SRC := $(sort $(wildcard sim/*.c sim/*/*.c))
MODEL_SRC := $(sort $(wildcard components/device/*.c))
IMAGE_SRC := $(sort $(filter-out components/device/%,$(wildcard components/*/*.c)))
TEST_IMAGE_SRC := $(sort $(wildcard $(addprefix tests/image/,rogue/*.c mutant/*.c plain/*.c)))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c tests/image/test_*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))

LIB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out sim/main.c,$(SIM_SRC)) $(MODEL_SRC))
PROGRAM := $(BUILD)/sddfsim
IMAGES := $(patsubst components/%.c,$(BUILD)/images/%.so,$(IMAGE_SRC))
TEST_IMAGES := $(patsubst tests/image/%.c,$(BUILD)/images/test/%.so,$(TEST_IMAGE_SRC))
UNITS := $(patsubst %.c,$(BUILD)/%,$(UNIT_SRC))
BENCHES := $(patsubst %.c,$(BUILD)/%,$(BENCH_SRC))

.PHONY: all demo test checks sample bench fuzz soak plots tidy install clean help deps unit
.PHONY: scenarios
.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGRAM) $(IMAGES) $(TEST_IMAGES) $(BUILD)/platforms $(BUILD)/include

help:
	@echo 'make all    build the program and every image into $(BUILD)/'
	@echo 'make demo   install what is missing, build, replay a real capture, show the result'
	@echo 'make test   every test (unit, image, scenario, process)'
	@echo 'make bench  the figures, with the machine'"'"'s own costs beside them'
	@echo 'make fuzz   bounded fuzzing of parsers and images; make soak: longer, and every story'
	@echo '            1000 times'
	@echo 'make plots  draw the plots of scenarios/README.md anew'
	@echo 'make tidy   format, include direction, row lists, clang-tidy, cppcheck'
	@echo 'make install PREFIX=/usr/local DESTDIR='

# The compilers and libraries, installed only where something is missing.
deps:
	$(Q)scripts/install-deps

# Any target builds from a fresh machine: the stamp checks dependencies once per build directory.
$(BUILD)/deps.ok: scripts/install-deps
	@mkdir -p $(@D)
	$(Q)scripts/install-deps
	@touch $@

$(BUILD)/%.o: %.c | $(BUILD)/deps.ok
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo '  CC    $<'
	$(Q)$(CC) $(BASEFLAGS) $(SIM_CPPFLAGS) $(WARN) -c $< -o $@

$(BUILD)/libsim.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(PROGRAM): $(BUILD)/sim/main.o $(LIB_OBJ) sim/exec/exports.list
	@[ $(V) = 1 ] || echo '  LINK  $@'
	$(Q)$(CC) $(BASEFLAGS) $(EXPORTS) $(BUILD)/sim/main.o $(LIB_OBJ) -o $@ $(LIBS)

# An image is one source file and sees only sddf/. Its bulk copies become points (sim/exec/copy.h);
# -Bsymbolic keeps its globals its own. How the C library's <assert.h> and compilers end a program
# is how a domain ends.
COPIES := $(foreach copy,memcpy memmove,--redefine-sym $(copy)=sddfsim_$(copy)) \
    --redefine-sym __assert_fail=_assert_fail \
    --redefine-sym __stack_chk_fail=sddfsim_stack_chk_fail
define COMPILE_IMAGE
@mkdir -p $(@D)
@[ $(V) = 1 ] || echo '  IMAGE $<'
$(Q)$(CC) $(BASEFLAGS) $(STRINGS) $(HOOKS) -fPIC $(IMAGE_CPPFLAGS) $(WARN) -c $< -o $@
$(Q)$(OBJCOPY) $(COPIES) $@
endef

# An image that uses registers through volatile pointers is compiled as by `sddfsim build --flavour
# mmio`: with a call before each access. No sanitizer goes with that.
HOOKED := network/driver_virtio network/driver_virtio_pci network/driver_gem network/driver_meson \
          network/driver_eqos network/driver_eqos_star64 network/driver_genet \
          test/rogue/driver_virtio_loose
HOOKS_gcc := -fsanitize=thread --param tsan-distinguish-volatile=1 \
             --param tsan-instrument-func-entry-exit=0 -Wno-tsan
HOOKS_clang := -fsanitize=thread -mllvm -tsan-distinguish-volatile=1 \
               -mllvm -tsan-instrument-read-before-write=1 \
               -mllvm -tsan-instrument-func-entry-exit=0
COMPILER := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),clang,gcc)
HOOKED_OBJ := $(HOOKED:%=$(BUILD)/image-objects/%.o)
$(HOOKED_OBJ): BASEFLAGS := $(filter-out $(SANFLAGS),$(BASEFLAGS))
$(HOOKED_OBJ): HOOKS := $(HOOKS_$(COMPILER))
$(HOOKED_OBJ): COPIES := $(foreach copy,memcpy memmove memset,\
                           --redefine-sym $(copy)=sddfsim_hooked_$(copy))

$(BUILD)/image-objects/%.o: components/%.c Makefile | $(BUILD)/deps.ok
	$(COMPILE_IMAGE)

$(BUILD)/image-objects/test/%.o: tests/image/%.c Makefile | $(BUILD)/deps.ok
	$(COMPILE_IMAGE)

$(BUILD)/images/%.so: $(BUILD)/image-objects/%.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASEFLAGS) -fPIC -shared -Wl,-Bsymbolic $< -o $@

# The program looks for platforms beside itself; a link, for nothing is made of them.
$(BUILD)/platforms: | $(BUILD)/deps.ok
	$(Q)ln -sfn $(abspath scenarios/platforms) $@

# And for the headers that `sddfsim build` gives images: all of ours, or the OS layer alone for
# those who bring the rest themselves. Not straight into PREFIX/include, where every compiler looks:
# what such a user's own headers lack would be taken from ours.
OS_LAYER := microkit.h os/sddf.h sel4/sel4.h
$(BUILD)/include: Makefile | $(BUILD)/deps.ok
	$(Q)rm -rf $@
	$(Q)mkdir -p $@/sddfsim/os-layer/os $@/sddfsim/os-layer/sel4
	$(Q)ln -s $(abspath sddf) $@/sddfsim/sddf
	$(Q)for header in $(OS_LAYER); do \
	    ln -s $(abspath sddf)/$$header $@/sddfsim/os-layer/$$header; done

$(BUILD)/tests/%: tests/%.c $(BUILD)/libsim.a sim/exec/exports.list
	@mkdir -p $(@D)
	@[ $(V) = 1 ] || echo '  TEST  $@'
	$(Q)$(CC) $(BASEFLAGS) $(SIM_CPPFLAGS) $(WARN) $(EXPORTS) $(FOR_IMAGES) $< -o $@ \
	    $(BUILD)/libsim.a -lcmocka $(LIBS)

unit: all $(UNITS)
	$(Q)scripts/run-units $(BUILD) $(UNITS)

scenarios: all
	$(Q)scripts/run-scenarios $(BUILD)

# Headers that stand alone, traces that are what their README says, rooms, images, whole runs.
checks: | $(BUILD)/deps.ok
	$(Q)scripts/check-headers
	$(Q)scripts/check-traces

test: checks unit scenarios sample

# A few throws of the dice that `make soak` throws all day, each kind of attack once, and a few
# defects in components.
sample: all
	$(Q)scripts/soak --sample $(BUILD)
	$(Q)scripts/attack-table --check $(BUILD)
	$(Q)scripts/attack --sample --executors --only stray --only fuzz $(BUILD)
	$(Q)scripts/mutants --sample $(BUILD)

demo: all
	$(Q)scripts/demo $(BUILD)

bench: all $(BENCHES)
	$(Q)scripts/bench $(BUILD)
	$(Q)scripts/bench-virtual $(BUILD)
	$(Q)scripts/bench-registers $(BUILD)
	$(Q)scripts/bench-images $(BUILD)

fuzz: | $(BUILD)/deps.ok
	$(Q)scripts/fuzz $(BUILD) 20

soak: all
	$(Q)scripts/soak $(BUILD)

# What scenarios/README.md shows; in virtual time, so only a change of the code changes them.
plots: all
	$(Q)scripts/plots $(BUILD)

tidy: | $(BUILD)/deps.ok
	$(Q)scripts/tidy $(BUILD)

PREFIX ?= /usr/local
# For build systems of one's own: what `sddfsim build` does, in three commands.
define PC
prefix=$(PREFIX)
includedir=$${prefix}/include/sddfsim
# objcopy $$(pkg-config --variable=objcopyflags sddfsim) X.o: bulk copies become points,
# and an assertion that does not hold a finding
objcopyflags=$(COPIES)

Name: sddfsim
Description: Images for the simulator of the seL4 Device Driver Framework
Version: $(shell sed -n 's/.*CMD_VERSION "\(.*\)"/\1/p' sim/cmd/cmd.h)
Cflags: -fPIC -I$${includedir} -I$${includedir}/sddf $(ARCHDEF_$(ARCH)) -DCONFIG_ENABLE_SMP_SUPPORT
Libs: -shared -Wl,-Bsymbolic -Wl,-z,noexecstack -Wl,-z,text
endef
export PC

install: SHARE = $(DESTDIR)$(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/lib/sddfsim/images
	install -d $(SHARE)/sddfsim/platforms $(SHARE)/man/man1 $(SHARE)/bash-completion/completions
	install -d $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/
	cp -r $(patsubst %/,%,$(sort $(dir $(IMAGES)))) $(DESTDIR)$(PREFIX)/lib/sddfsim/images/
	rm -rf $(DESTDIR)$(PREFIX)/include/sddfsim
	cp -rL $(BUILD)/include/sddfsim $(DESTDIR)$(PREFIX)/include/
	install -m 644 scenarios/platforms/*.json $(SHARE)/sddfsim/platforms/
	printf '%s\n' "$$PC" >$(DESTDIR)$(PREFIX)/lib/pkgconfig/sddfsim.pc
	$(PROGRAM) help --man >$(SHARE)/man/man1/sddfsim.1
	$(PROGRAM) help --completions bash >$(SHARE)/bash-completion/completions/sddfsim
	$(PROGRAM) help --completions zsh >$(SHARE)/zsh/site-functions/_sddfsim
	$(PROGRAM) help --completions fish >$(SHARE)/fish/vendor_completions.d/sddfsim.fish

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
