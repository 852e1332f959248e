#pragma once
/// Plugins' outgoing HTTP through kernel/net, with the account's allow_cidrs; downloads go to blobs.
#include "blobs/blobs.hpp"
#include "net/client.hpp"
#include "plugins/sinks.hpp"

namespace usher::plugins {

class NetHttp final : public HttpSink {
public:
    /// Both outlive this.
    NetHttp(net::Client& client, blobs::Blobs& blobs) : client_(client), blobs_(blobs) {}
    Task<Result<HttpResponse>> request(AccountRef account, std::vector<std::string> allow_cidrs,
                                       HttpRequest request) override;
    Task<Result<Fetched>> fetch(AccountRef account, std::vector<std::string> allow_cidrs, HttpRequest request,
                                std::uint64_t limit_bytes) override;

private:
    Result<net::Request> translate(const std::vector<std::string>& allow_cidrs, HttpRequest request) const;
    net::Client& client_;
    blobs::Blobs& blobs_;
};

}  // namespace usher::plugins
