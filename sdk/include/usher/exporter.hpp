#pragma once
/// Exporter: receives the event feed in batches, in order, at least once.
#include <usher/instance.hpp>

namespace usher::sdk {

class Exporter : public Instance {
public:
    static constexpr std::uint32_t kKind = USHER_EXPORTER;
    using Instance::Instance;

    /// One event per line. Success moves the cursor: answer it only when the batch is safe.
    virtual void export_batch(std::string ndjson, Done<void> done) = 0;

    template <class T>
    struct Ops {
        static usher_status export_batch(void* self, usher_str ndjson, usher_done done) {
            return detail::Adapter<T>::template run<void>(self, "export_batch", done, [&](T& object, Done<void>& owed) {
                object.export_batch(std::string(view(ndjson)), owed);
            });
        }
        static constexpr usher_exporter kTable = {sizeof(usher_exporter), 0, &Ops::export_batch};
    };
};

}  // namespace usher::sdk
