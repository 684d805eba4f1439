// io/files/hdf5_lock.c -- the one mutex around HDF5.
#include "io/files/hdf5_lock.h"

#include "base/status.h"
#include "io/files/hdf5_input.h"

#include <hdf5.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void hdf5_lock(void)
{
    ASSERT(pthread_mutex_lock(&mutex) == 0);
    // A thread-safe HDF5 has one error stack a thread, each of them printing at first.
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hdf5_input_forget();
}

void hdf5_unlock(void)
{
    ASSERT(pthread_mutex_unlock(&mutex) == 0);
}
