// io/files/hdf5_lock.h -- one thread at a time inside HDF5.
//
// HDF5 may be built without thread safety, and here an I/O thread, evaluation and checkpoints all
// use it. So every run of HDF5 calls stands between these two, also where only one thread exists;
// plain pread needs no lock. Not recursive: functions that want the lock held say so.
#ifndef IO_FILES_HDF5_LOCK_H
#define IO_FILES_HDF5_LOCK_H

// Takes the lock, and keeps HDF5 from printing its own error stack in this thread.
void hdf5_lock(void);
void hdf5_unlock(void);

#endif
