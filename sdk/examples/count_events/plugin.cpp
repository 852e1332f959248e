/// An exporter: counts events by type, as metrics of the kernel's. The batch is answered at once: counting cannot fail.
#include <usher/json.hpp>
#include <usher/plugin.hpp>

#include <sstream>

using namespace usher::sdk;

namespace {

class CountEvents final : public Exporter {
public:
    using Exporter::Exporter;

    void export_batch(std::string ndjson, Done<void> done) override {
        std::istringstream lines(ndjson);
        for (std::string line; std::getline(lines, line);) {
            const auto event = Json::parse(line);
            if (event) host().metric("events_total", 1, {{"type", (*event)["type"].string("unknown")}});
        }
        done();
    }
};

}  // namespace

USHER_PLUGIN(CountEvents, "example.count_events", "0.1.0", .name = "Count events")
