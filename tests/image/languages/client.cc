// SPDX-License-Identifier: BSD-2-Clause
// A client that takes each frame and gives its buffer back, in C++ without its library.
#include <atomic>
#include <cstdint>

namespace {

struct Region {
    std::uint8_t *vaddr;
    std::uint64_t size;
};

struct Connection {
    Region free, active;
    std::uint16_t num_buffers;
    std::uint8_t id;
};

struct Config {
    char magic[5];
    Connection rx;
    Region rx_data;
    Connection tx;
    Region tx_data;
    std::uint8_t mac[6];
};

struct Descriptor {
    std::uint64_t name, rest;
};

template <typename Word> Word load(const Word &word)
{
    return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}

template <typename Word> void store(Word &word, Word value)
{
    __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

struct Queue {
    std::uint16_t tail, head;
    std::uint32_t consumer_signalled;
    Descriptor slots[1];

    bool empty() const { return load(tail) == head; }
    void put(Descriptor d, unsigned capacity)
    {
        slots[tail % capacity] = d;
        store(tail, static_cast<std::uint16_t>(tail + 1));
    }
    Descriptor take(unsigned capacity)
    {
        Descriptor d = slots[head % capacity];

        store(head, static_cast<std::uint16_t>(head + 1));
        return d;
    }
};

class Receiver {
  public:
    void attach(const Connection &to)
    {
        link = &to;
        free = reinterpret_cast<Queue *>(to.free.vaddr);
        active = reinterpret_cast<Queue *>(to.active.vaddr);
    }
    void drain()
    {
        do {
            while (!active->empty()) {
                free->put(active->take(link->num_buffers), link->num_buffers);
            }
            store(active->consumer_signalled, 0u);
            std::atomic_thread_fence(std::memory_order_seq_cst);
        } while (!active->empty());
    }
    bool owes_signal()
    {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return load(free->consumer_signalled) == 0 && (store(free->consumer_signalled, 1u), true);
    }

  private:
    const Connection *link;
    Queue *free, *active;
};

Receiver receiver;

} // namespace

extern "C" {
__attribute__((__section__(".net_client_config"))) Config config;
void sddf_notify(unsigned channel);

void init()
{
    receiver.attach(config.rx);
}

void notified(unsigned)
{
    receiver.drain();
    if (receiver.owes_signal()) {
        sddf_notify(config.rx.id);
    }
}
}
