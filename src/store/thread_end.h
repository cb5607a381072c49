// Waiting for a thread that may hang in a disk. Inside src/store only.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

// True if the thread ended in time and was joined. Otherwise it is left to itself (detached).
bool scrim_thread_end(pthread_t thread, int64_t timeout_us);
