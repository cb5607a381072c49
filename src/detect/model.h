// A detector network as its file describes it: operations over NHWC tensors, the meaning of its
// outputs, and nothing to run it with. docs/ref/formats/model.md is the specification.
//
// This is where DESIGN's promise is kept that no model with an output other than box, class and
// score is ever loaded: a file must declare one of the heads below, and every value that nothing
// consumes must be an output whose shape is exactly what that head needs.
#pragma once

#include "detect/detector.h"

#define SCRIM_MODEL_OPS_MAX 512
#define SCRIM_MODEL_INPUTS_MAX 4  // of one operation
#define SCRIM_MODEL_OUTPUTS_MAX 4 // grids
#define SCRIM_MODEL_CLASSES_MAX 16
#define SCRIM_MODEL_BOXES_MAX 8          // of one cell of a face head
#define SCRIM_MODEL_FILE_MAX (64U << 20) // bytes

enum scrim_head_kind {
    // Generalized Focal Loss (Li et al. 2020), as in NanoDet. Per cell: one score a class before
    // the sigmoid, then for left, top, right and bottom a distribution over the distances
    // 0 … bins - 1, in strides, before the softmax.
    SCRIM_HEAD_GFL = 1,
    // Several boxes a cell, as in BlazeFace (Bazarevsky et al. 2019). Per cell: the score of every
    // box before the sigmoid, then for every box where its centre is, from the cell's, and its
    // width and height, in input pixels. The one class is a face.
    SCRIM_HEAD_FACE,
};

enum scrim_op_kind {
    SCRIM_OP_CONV = 1,
    SCRIM_OP_DEPTHWISE,
    SCRIM_OP_MAX_POOL,
    SCRIM_OP_ADD,    // channels that the shorter input does not have count as zero
    SCRIM_OP_CONCAT, // along the channels
    SCRIM_OP_RESIZE, // bilinear, half-pixel centres, by `up` / `down`
};

enum scrim_activation {
    SCRIM_ACTIVATION_NONE,
    SCRIM_ACTIVATION_RELU,
    SCRIM_ACTIVATION_RELU6,
    SCRIM_ACTIVATION_LEAKY, // x < 0 ? slope × x : x
};

struct scrim_model_op {
    enum scrim_op_kind kind;
    enum scrim_activation activation;
    float slope;
    uint16_t inputs[SCRIM_MODEL_INPUTS_MAX]; // values
    unsigned inputs_count;
    uint32_t kernel_height, kernel_width, stride;
    uint32_t pad_top, pad_left, pad_bottom, pad_right;
    uint32_t up, down;
    float *weights; // convolution: [out][kh][kw][in]; depthwise: [kh][kw][channels]
    float *bias;    // one an output channel
};

// The shape of a value. Value 0 is the input, value n + 1 is what operation n makes.
struct scrim_model_shape {
    uint32_t height, width, channels;
};

struct scrim_model_output {
    uint16_t value;
    uint32_t stride; // input pixels a cell
    uint32_t boxes;  // a cell; face head only
};

struct scrim_model {
    enum scrim_head_kind head;
    bool bgr;                // the input's channels are B, G, R instead of R, G, B
    float mean[3], scale[3]; // input = (pixel 0…255 - mean) × scale, in the input's channel order
    enum scrim_class classes[SCRIM_MODEL_CLASSES_MAX]; // of the score channels
    unsigned classes_count;
    unsigned bins; // GFL head only
    struct scrim_model_output outputs[SCRIM_MODEL_OUTPUTS_MAX];
    unsigned outputs_count;
    struct scrim_model_op *ops;
    unsigned ops_count;
    struct scrim_model_shape *shapes; // ops_count + 1
    // How large the numbers of each value get, as measured: greater than 0. For executors that
    // count in integers. NULL: nobody measured.
    float *ranges; // ops_count + 1
};

// Reads a whole file image. SCRIM_EFORMAT if it is damaged or inconsistent, SCRIM_EUNSUPPORTED if
// its outputs are not box, class and score or it needs something this version does not know.
SCRIM_MUST_CHECK int scrim_model_parse(const void *bytes, size_t count, struct scrim_model **ret,
                                       struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_model_load(const char *path, struct scrim_model **ret,
                                      struct scrim_error *error);
void scrim_model_destroy(struct scrim_model *model); // NULL is fine
// Frees weights and biases; what describes input and outputs stays.
void scrim_model_drop_weights(struct scrim_model *model);
