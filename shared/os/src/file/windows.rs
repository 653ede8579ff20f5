//! Calls of Windows that std has not: files with holes, locks, and the numbers of files.
#![allow(
    unsafe_code,
    reason = "no crate of the tree wraps DeviceIoControl, LockFileEx and GetFileInformationByHandle"
)]

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, ERROR_LOCK_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_READ_ATTRIBUTES, GetFileInformationByHandle, GetVolumeInformationByHandleW,
    LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx,
};
use windows_sys::Win32::System::IO::{DeviceIoControl, OVERLAPPED};
use windows_sys::Win32::System::Ioctl::{FILE_SET_SPARSE_BUFFER, FSCTL_SET_SPARSE};

pub fn set_sparse(file: &File, is_sparse: bool) -> io::Result<()> {
    let input = FILE_SET_SPARSE_BUFFER {
        SetSparse: is_sparse,
    };
    let mut returned = 0;
    // SAFETY: the handle is open as long as `file` is borrowed; `input` and `returned` outlive the
    // call, which waits because the file was opened without FILE_FLAG_OVERLAPPED.
    let done = unsafe {
        DeviceIoControl(
            file.as_raw_handle(),
            FSCTL_SET_SPARSE,
            ptr::from_ref(&input).cast(),
            size_of::<FILE_SET_SPARSE_BUFFER>() as u32,
            ptr::null_mut(),
            0,
            &raw mut returned,
            ptr::null_mut(),
        )
    };
    match done {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Returns the serial number of the volume and the file index; `None` on FAT and exFAT.
pub fn numbers(file: &File) -> io::Result<Option<(u64, u64)>> {
    let mut name = [0u16; 32];
    // SAFETY: the handle is open as long as `file` is borrowed; `name` outlives the call, and its length
    // is stated. The results that are not asked for may be null.
    let done = unsafe {
        GetVolumeInformationByHandleW(
            file.as_raw_handle(),
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            name.as_mut_ptr(),
            name.len() as u32,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    if String::from_utf16_lossy(&name).contains("FAT") {
        return Ok(None);
    }
    let mut info = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open as long as `file` is borrowed, and `info` outlives the call.
    let done = unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut info) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    let index = u64::from(info.nFileIndexHigh) << 32 | u64::from(info.nFileIndexLow);
    Ok(Some((u64::from(info.dwVolumeSerialNumber), index)))
}

pub fn open_itself(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.access_mode(FILE_READ_ATTRIBUTES);
    options.custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
    options.open(path)
}

pub fn try_lock(file: &File) -> Result<(), TryLockError> {
    let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    let mut at = OVERLAPPED::default();
    // One byte behind every file, so that no byte of the file is closed to others.
    at.Anonymous.Anonymous.Offset = u32::MAX - 1;
    at.Anonymous.Anonymous.OffsetHigh = i32::MAX as u32;
    // SAFETY: the handle is open as long as `file` is borrowed, and `at` outlives the call, which does
    // not wait.
    let locked = unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &raw mut at) };
    if locked != 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    let code = error.raw_os_error().map(i32::cast_unsigned);
    match code {
        Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => Err(TryLockError::WouldBlock),
        _ => Err(TryLockError::Error(error)),
    }
}
