/// A message with files. A part's uri names a blob; put into a form it is streamed by the host, so that a video never
/// passes through the plugin's memory. A provider that fetches by itself gets the signed address in attrs_json.url.
#include <usher/json.hpp>
#include <usher/plugin.hpp>

using namespace usher::sdk;

namespace {

constexpr char kUrl[] = "https://provider.example/messages";
constexpr std::string_view kBlob = "blob:";

class AttachmentChannel final : public Channel {
public:
    using Channel::Channel;

    void send(Outbound message, Done<Receipt> done) override {
        HttpRequest request{.method = "POST", .url = kUrl};
        request.headers = {{"Idempotency-Key", message.id}};
        request.form.push_back({.name = "to", .value = message.contact});
        request.form.push_back({.name = "text", .value = message.text});
        for (const Part& part : message.parts) {
            if (!part.uri.starts_with(kBlob)) continue;
            request.form.push_back(
                {.name = "file", .file_name = part.name, .mime = part.mime, .blob = part.uri.substr(kBlob.size())});
        }
        host().http(request, [done, id = message.id](const Result<HttpAnswer>& answer) {
            if (!answer) return done(answer.failure());
            if (answer->status < 300) return done(Receipt{.remote_id = id});
            const std::string error = "the provider answers " + std::to_string(answer->status);
            if (answer->status == 401)
                return done(Failure{.status = Status::auth, .error = error, .scope = Scope::account});
            if (answer->status == 429) return done(too_fast(*answer, error));
            if (answer->status >= 500) return done(Failure{.status = Status::unknown_outcome, .error = error});
            done(Failure{.status = Status::invalid, .error = error});
        });
    }

private:
    static Failure too_fast(const HttpAnswer& answer, const std::string& error) {
        const std::string seconds(answer.header("Retry-After").value_or("0"));
        return {.status = Status::rate_limited,
                .error = error,
                .retry_after = std::chrono::seconds(std::atoi(seconds.c_str()))};
    }
};

}  // namespace

// The provider drops a repeated Idempotency-Key: so an unknown outcome may be tried again.
USHER_PLUGIN(AttachmentChannel, "example.send_attachment", "0.1.0", .name = "Attachments",
             .capabilities = R"({"kinds": ["text"], "attachments": true, "idempotent_send": true})")
