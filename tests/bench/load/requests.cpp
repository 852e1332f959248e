#include "requests.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <ctime>

namespace usher::bench {
namespace {

std::string hex_hmac(std::string_view secret, std::string_view text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes, &size);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        out += kDigits[bytes[i] >> 4];
        out += kDigits[bytes[i] & 15];
    }
    return out;
}

}  // namespace

std::string request(std::string_view method, std::string_view target, std::string_view headers, std::string_view body) {
    std::string out;
    out.reserve(256 + headers.size() + body.size());
    out.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(headers);
    if (!body.empty()) out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    return out.append("\r\n").append(body);
}

std::string upgrade(std::string_view target, std::string_view headers) {
    std::string lines(headers);
    lines +=
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    return request("GET", target, lines, {});
}

std::string signed_message(std::string_view account, std::string_view secret, std::string_view id,
                           std::string_view contact, std::string_view text) {
    std::string body;
    body.append(R"({"id":")").append(id).append(R"(","contact":{"external_id":")").append(contact);
    body.append(R"("},"content":{"type":"text","text":")").append(text).append("\"}}");
    std::string target("/channels/");
    target.append(account).append("/messages");
    const std::string timestamp = std::to_string(std::time(nullptr));
    std::string signed_text = timestamp;
    signed_text.append(".POST ").append(target).append(".").append(body);
    std::string headers("Content-Type: application/json\r\nX-Usher-Timestamp: ");
    headers.append(timestamp).append("\r\nX-Usher-Signature: v1=").append(hex_hmac(secret, signed_text)).append("\r\n");
    return request("POST", target, headers, body);
}

std::string_view string_in(std::string_view json, std::string_view name) {
    std::string key("\"");
    key.append(name).append("\":\"");
    const auto at = json.find(key);
    if (at == std::string_view::npos) return {};
    const auto from = at + key.size();
    return json.substr(from, json.find('"', from) - from);
}

}  // namespace usher::bench
