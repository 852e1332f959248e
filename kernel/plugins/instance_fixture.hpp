#pragma once
/// For the tests beside it: one instance of the scripted plugin on a pool of four threads, by either carrier. A test
/// that passes in one only is a bug of the border.
#include "plugins/remote_instance.hpp"
#include "plugins/test_support.hpp"

namespace usher::plugins::test {

enum class Carrier { in_process, isolated };

class ScriptedPlugin : public testing::TestWithParam<Carrier> {
protected:
    std::shared_ptr<const Library> library(const std::string& module) {
        auto& known = libraries_[module];
        if (!known) known = load_library(module_path(module)).value();
        return known;
    }
    HostSettings settings(Kind kind = Kind::channel, const std::string& plugin = "scripted") {
        HostSettings out;
        out.account = {.id = "shop1", .channel = plugin, .kind = kind};
        out.public_url = "https://chat.test/channels/shop1";
        out.allow_cidrs = {"10.0.0.0/8"};
        out.sinks = world_.sinks();
        out.sinks.blobs = blobs_;
        out.resolve = [](const std::string& key) -> std::optional<AccountRef> {
            if (key != "number-2") return std::nullopt;
            return AccountRef{.id = "shop2", .channel = "scripted"};
        };
        return out;
    }
    Result<std::shared_ptr<Instance>> create(const std::string& config, Kind kind = Kind::channel,
                                             const std::string& plugin = "scripted",
                                             const std::string& module = "scripted") {
        if (GetParam() == Carrier::in_process) {
            auto made = run(LocalInstance::create(library(module), config, settings(kind, plugin), deadlines_, pool_));
            if (made) return kept(*made);
            return made.error();
        }
        if (!helpers_) helpers_ = std::make_shared<Helpers>(helper_options_, pool_);
        RemoteInstance::Place place;
        place.helpers = helpers_;
        place.library = module_path(module);
        place.suspects = suspects_;
        place.lost = [this](const std::string& how, bool busy) {
            world_.state({.id = "lost"}, State::failed, how + (busy ? " (busy)" : ""));
        };
        auto made = run(RemoteInstance::create(place, config, settings(kind, plugin), deadlines_, pool_));
        if (made) return kept(*made);
        return made.error();
    }
    std::shared_ptr<Instance> start(const std::string& config = "{}", Kind kind = Kind::channel,
                                    const std::string& plugin = "scripted") {
        auto instance = create(config, kind, plugin).value();
        const auto started = run(instance->start(Role::owner));
        EXPECT_TRUE(started) << started.error().message;
        return instance;
    }
    HttpResponse hook(const std::shared_ptr<Instance>& instance, const std::string& path,
                      const std::string& query = "") {
        return run(instance->webhook(request(path, query)));
    }
    static HttpRequest request(const std::string& path, const std::string& query = "") {
        HttpRequest out;
        out.method = "POST";
        out.path = path;
        out.query = query;
        return out;
    }
    static Message text(const std::string& id) {
        Message out;
        out.id = id;
        out.contact = "customer";
        out.text = "hi";
        return out;
    }
    void TearDown() override {
        world_.let_go();
        for (const auto& instance : instances_) run(instance->destroy());
        world_.let_go();
        instances_.clear();
        pool_.join();
    }

    Deadlines deadlines_;
    HelperOptions helper_options_;
    World world_;
    BlobSink* blobs_ = nullptr;
    asio::thread_pool pool_{4};
    std::vector<std::shared_ptr<Instance>> instances_;
    std::shared_ptr<Helpers> helpers_;
    std::shared_ptr<Suspects> suspects_ = std::make_shared<Suspects>();

private:
    std::shared_ptr<Instance> kept(std::shared_ptr<Instance> made) {
        instances_.push_back(made);
        return made;
    }
    std::map<std::string, std::shared_ptr<const Library>> libraries_;
};

inline std::string carrier_name(const testing::TestParamInfo<Carrier>& info) {
    return info.param == Carrier::in_process ? "InProcess" : "Isolated";
}

}  // namespace usher::plugins::test
