#pragma once
/// For the tests beside it: one instance of the scripted plugin on a pool of four threads.
#include "plugins/test_support.hpp"

namespace usher::plugins::test {

class ScriptedPlugin : public testing::Test {
protected:
    std::shared_ptr<const Library> library() {
        if (!library_) library_ = load_library(module_path("scripted")).value();
        return library_;
    }
    HostSettings settings(Kind kind = Kind::channel, const std::string& plugin = "scripted") {
        HostSettings out;
        out.account = {.id = "shop1", .channel = plugin, .kind = kind};
        out.public_url = "https://chat.test/channels/shop1";
        out.allow_cidrs = {"10.0.0.0/8"};
        out.sinks = world_.sinks();
        out.resolve = [](const std::string& key) -> std::optional<AccountRef> {
            if (key != "number-2") return std::nullopt;
            return AccountRef{.id = "shop2", .channel = "scripted"};
        };
        return out;
    }
    Result<std::shared_ptr<LocalInstance>> create(const std::string& config, Kind kind = Kind::channel,
                                                  const std::string& plugin = "scripted") {
        auto made = run(LocalInstance::create(library(), config, settings(kind, plugin), deadlines_, pool_));
        if (made) instances_.push_back(*made);
        return made;
    }
    std::shared_ptr<LocalInstance> start(const std::string& config = "{}", Kind kind = Kind::channel,
                                         const std::string& plugin = "scripted") {
        auto instance = create(config, kind, plugin).value();
        const auto started = run(instance->start(Role::owner));
        EXPECT_TRUE(started) << started.error().message;
        return instance;
    }
    HttpResponse hook(const std::shared_ptr<LocalInstance>& instance, const std::string& path,
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
        pool_.join();
    }

    Deadlines deadlines_;
    World world_;
    asio::thread_pool pool_{4};
    std::vector<std::shared_ptr<LocalInstance>> instances_;

private:
    std::shared_ptr<const Library> library_;
};

}  // namespace usher::plugins::test
