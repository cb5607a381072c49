// The picture moved to media, the folder inside this one that decodes it.
#pragma once

#include "media/picture.h"
