/* test_z85.c - 32 bytes as 40 printable characters */
#include "base/z85.h"
#include "tests/suite.h"

#include <string.h>

START_TEST(test_z85)
{
    /* The test vector of ZeroMQ's RFC 32, and of its CURVE example keys. */
    unsigned char bytes[Z85_BYTES];
    char text[Z85_CHARS + 1];
    static const unsigned char hello[8] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
    for (int i = 0; i < 4; i++) {
        memcpy(bytes + i * 8, hello, 8);
    }
    z85_encode(bytes, text);
    ck_assert_str_eq(text, "HelloWorldHelloWorldHelloWorldHelloWorld");
    unsigned char back[Z85_BYTES];
    ck_assert(z85_decode(text, back));
    ck_assert_int_eq(memcmp(bytes, back, sizeof(bytes)), 0);
    ck_assert(z85_decode("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6", back));
    ck_assert(!z85_decode("HelloWorldHelloWorldHelloWorldHelloWorl", back));
    ck_assert(!z85_decode("HelloWorldHelloWorldHelloWorldHelloWorldH", back));
    ck_assert(!z85_decode("HelloWorldHelloWorldHelloWorldHelloWorl ", back));
    ck_assert(!z85_decode("####################HelloWorldHelloWorld", back)); /* larger than 32 bits */
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_z85}};
    return suite_run(&(struct suite){.name = "z85", .tests = tests, .count = SUITE_COUNT(tests)});
}
