// Inside src/store: the parts of an opening.
#pragma once

#include "store/opening.h"
#include "store/opening_log.h"
