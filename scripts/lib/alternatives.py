"""What can stand in the place of operators that the compiler does not have."""

_RECURRENT = "one-dimensional convolutions over the same window, or the streaming form with variables"
_SMOOTH = "HARD_SWISH or RELU in the network, trained again"

ALTERNATIVES = {
    "ABS": "MAXIMUM of x and -x",
    "BATCH_MATMUL": "FULLY_CONNECTED, if one side is constant",
    "BATCH_TO_SPACE_ND": "a dilated CONV_2D, which newer converters make of it",
    "CAST": "QUANTIZE or DEQUANTIZE, or the same type throughout",
    "CONV_3D": "CONV_2D with the depth among the channels",
    "DEPTH_TO_SPACE": "RESIZE_NEAREST_NEIGHBOR and a CONV_2D, or TRANSPOSE_CONV",
    "DIV": "MUL by the reciprocal, if the divisor is constant",
    "ELU": "LEAKY_RELU, trained again",
    "EMBEDDING_LOOKUP": "the looked-up row as the model's input",
    "EXP": "SOFTMAX or LOGISTIC, if that is what it is part of",
    "GELU": _SMOOTH,
    "IF": "one model per branch",
    "L2_NORMALIZATION": "normalising the input before the model",
    "LOCAL_RESPONSE_NORMALIZATION": "batch normalisation, which the converter folds into weights",
    "LOG": "computing the logarithm in the feature front end",
    "LSTM": _RECURRENT,
    "MIRROR_PAD": "PAD",
    "POW": "MUL of the tensor with itself",
    "SPACE_TO_BATCH_ND": "a dilated CONV_2D, which newer converters make of it",
    "SQUARED_DIFFERENCE": "SUB and MUL",
    "SVDF": _RECURRENT,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _RECURRENT,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _RECURRENT,
    "WHILE": "a loop unrolled at conversion: unroll=True in Keras",
}
