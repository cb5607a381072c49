# The front door. The work is done by meson (meson.build) and the scripts in tools/.
PREFIX ?= /usr/local
DESTDIR ?=
export PREFIX DESTDIR

.PHONY: build deps demo check bench soak install deb format clean

build:
	@tools/build.sh

deps:
	@tools/deps.sh

demo:
	@tools/deps.sh build demo
	@tools/build.sh
	@exec /usr/bin/python3 tools/demo.py

check:
	@tools/deps.sh
	@exec /usr/bin/python3 tools/check.py

# Longer and at random: programs killed again and again, fuzzing. SOAK_SECONDS=600.
soak:
	@tools/deps.sh
	@exec /usr/bin/python3 tools/check.py --soak

bench:
	@tools/deps.sh build demo
	@tools/build.sh
	@exec tools/bench.sh

# Of what `make` built, so that `sudo make install` compiles nothing as root.
install:
	@tools/install.sh

deb: build
	@tools/deb.sh

format:
	@git ls-files -z --cached --others --exclude-standard '*.c' '*.h' | xargs -0 clang-format -i

clean:
	rm -rf build
