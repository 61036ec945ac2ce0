/* probe.c - does this clang have libFuzzer? */
int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size);

int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size)
{
    return data == (void *)0 && size > 0;
}
