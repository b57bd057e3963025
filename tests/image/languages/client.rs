// SPDX-License-Identifier: BSD-2-Clause
// A client that takes each frame and gives its buffer back, in Rust without its standard library.
#![no_std]
#![allow(non_upper_case_globals)]

use core::panic::PanicInfo;
use core::ptr::{addr_of, addr_of_mut};
use core::sync::atomic::{fence, AtomicU16, AtomicU32, Ordering};

#[repr(C)]
struct Region {
    vaddr: usize,
    size: u64,
}

#[repr(C)]
struct Connection {
    free: Region,
    active: Region,
    num_buffers: u16,
    id: u8,
}

#[repr(C)]
pub struct Config {
    magic: [u8; 5],
    rx: Connection,
    rx_data: Region,
    tx: Connection,
    tx_data: Region,
    mac: [u8; 6],
}

#[repr(C)]
struct Queue {
    tail: AtomicU16,
    head: AtomicU16,
    consumer_signalled: AtomicU32,
}

type Descriptor = [u64; 2];

#[no_mangle]
#[link_section = ".net_client_config"]
pub static mut config: Config = unsafe { core::mem::zeroed() };

extern "C" {
    fn sddf_notify(channel: u32);
}

unsafe fn slot(queue: *const Queue, index: u16, capacity: u16) -> *mut Descriptor {
    (queue.add(1) as *mut Descriptor).add((index % capacity) as usize)
}

unsafe fn empty(queue: *const Queue) -> bool {
    (*queue).tail.load(Ordering::Acquire) == (*queue).head.load(Ordering::Relaxed)
}

#[no_mangle]
pub extern "C" fn init() {}

#[no_mangle]
pub unsafe extern "C" fn notified(_channel: u32) {
    let rx = addr_of!(config.rx);
    let (free, active) = ((*rx).free.vaddr as *const Queue, (*rx).active.vaddr as *const Queue);

    loop {
        while !empty(active) {
            let head = (*active).head.load(Ordering::Relaxed);
            let tail = (*free).tail.load(Ordering::Relaxed);

            *slot(free, tail, (*rx).num_buffers) = *slot(active, head, (*rx).num_buffers);
            (*active).head.store(head.wrapping_add(1), Ordering::Release);
            (*free).tail.store(tail.wrapping_add(1), Ordering::Release);
        }
        (*active).consumer_signalled.store(0, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if empty(active) {
            break;
        }
    }
    fence(Ordering::SeqCst);
    if (*free).consumer_signalled.load(Ordering::Relaxed) == 0 {
        (*free).consumer_signalled.store(1, Ordering::Relaxed);
        sddf_notify((*addr_of_mut!(config.rx)).id as u32);
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}
