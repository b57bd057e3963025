# SPDX-License-Identifier: BSD-2-Clause
# A client that takes each frame and gives its buffer back, in assembler for x86-64, whose stores
# other cores see in order.
        .section .net_client_config, "aw", @progbits
        .globl  config
        .type   config, @object
        .size   config, 128
config: .zero   128

        .text
        .globl  init, notified
        .type   init, @function
init:   .cfi_startproc
        ret
        .cfi_endproc
        .size   init, . - init

        .type   notified, @function
notified:
        .cfi_startproc
        lea     config(%rip), %r8
        mov     8(%r8), %rdi            # rx.free
        mov     24(%r8), %rsi           # rx.active
        movzwl  40(%r8), %ecx
        dec     %ecx                    # of an index, what counts
1:      movzwl  2(%rsi), %eax
        cmpw    %ax, (%rsi)
        je      2f
        movzwl  (%rdi), %edx
        and     %ecx, %eax
        and     %ecx, %edx
        shl     $4, %eax
        shl     $4, %edx
        movups  8(%rsi,%rax), %xmm0
        movups  %xmm0, 8(%rdi,%rdx)
        incw    (%rdi)
        incw    2(%rsi)
        jmp     1b
2:      movl    $0, 4(%rsi)             # a signal, please; and look once more
        mfence
        cmpw    %ax, (%rsi)
        jne     1b
        cmpl    $0, 4(%rdi)
        jne     3f
        movl    $1, 4(%rdi)
        movzbl  42(%r8), %edi
        jmp     sddf_notify@PLT
3:      ret
        .cfi_endproc
        .size   notified, . - notified
        .section .note.GNU-stack, "", @progbits
