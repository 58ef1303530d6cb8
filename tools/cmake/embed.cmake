# cmake -DIN=FILE -DOUT=FILE.c -DSYMBOL=NAME -P embed.cmake: a file of any bytes as an array
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" n)
math(EXPR n "${n} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n"
	bytes "${bytes}")
file(WRITE ${OUT} "#include <stddef.h>

extern const char ${SYMBOL}[];
extern const size_t ${SYMBOL}_bytes;
const unsigned char ${SYMBOL}_array[] __asm__(\"${SYMBOL}\") __attribute__((aligned(16))) = {
${bytes}
};
const size_t ${SYMBOL}_bytes = ${n};
")
