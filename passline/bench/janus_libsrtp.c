/* A libsrtp2.so.1 for Janus that is pylibsrtp's: Debian's own encrypts with NSS, several times slower than OpenSSL.

   pylibsrtp is a Python module with libsrtp and OpenSSL inside; it is loaded apart (RTLD_DEEPBIND), so that it keeps to
   its own OpenSSL and Janus to Debian's. Its functions for Python are never called. All functions here take at most
   three words, and libsrtp 2 has not changed them or their structures. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

char _Py_NoneStruct[64]; /* the one object of Python that the module cannot be loaded without */

typedef int (*words_fn)(void *, void *, void *);

static void *find(const char *name) {
    static void *module;
    if (module == NULL)
        module = dlopen(getenv("PASSLINE_BENCH_LIBSRTP"), RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND);
    void *found = module == NULL ? NULL : dlsym(module, name);
    if (found == NULL) {
        fprintf(stderr, "no libsrtp: %s\n", dlerror());
        abort();
    }
    return found;
}

#define BORROWED(name)                              \
    static words_fn found_##name;                   \
    int name(void *one, void *two, void *three) {   \
        return found_##name(one, two, three);       \
    }
#define FIND(name) found_##name = (words_fn)find(#name);

#define EVERY(DO)                                   \
    DO(srtp_init)                                   \
    DO(srtp_create)                                 \
    DO(srtp_dealloc)                                \
    DO(srtp_protect)                                \
    DO(srtp_unprotect)                              \
    DO(srtp_protect_rtcp)                           \
    DO(srtp_unprotect_rtcp)                         \
    DO(srtp_crypto_policy_set_rtp_default)          \
    DO(srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32) \
    DO(srtp_crypto_policy_set_aes_gcm_128_16_auth)  \
    DO(srtp_crypto_policy_set_aes_gcm_256_16_auth)

EVERY(BORROWED)

__attribute__((constructor)) static void find_all(void) {
    EVERY(FIND)
}

const char *srtp_get_version_string(void) {
    return ((const char *(*)(void))find("srtp_get_version_string"))();
}
