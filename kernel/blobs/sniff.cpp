#include "blobs/sniff.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "foundation/text.hpp"

namespace usher::blobs {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kTextWindow = 4096;

bool at(std::string_view head, std::size_t offset, std::string_view magic) {
    return head.size() >= offset + magic.size() && head.substr(offset, magic.size()) == magic;
}

/// ISO base media (mp4 and its relatives): the major brand, then the compatible ones.
std::string_view iso_media(std::string_view head) {
    if (!at(head, 4, "ftyp") || head.size() < 12) return {};
    const std::string_view brand = head.substr(8, 4);
    if (brand == "avif" || brand == "avis") return "image/avif";
    if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1" || brand == "heim")
        return "image/heic";
    if (brand == "qt  ") return "video/quicktime";
    if (brand == "M4A " || brand == "M4B ") return "audio/mp4";
    if (brand.substr(0, 3) == "3gp" || brand.substr(0, 3) == "3g2") return "video/3gpp";
    return "video/mp4";
}

/// EBML: the document type stands in the first bytes of the header.
std::string_view matroska(std::string_view head) {
    if (!at(head, 0, "\x1a\x45\xdf\xa3")) return {};
    return head.substr(0, 64).find("webm") != std::string_view::npos ? "video/webm" : "video/x-matroska";
}

std::string_view ogg(std::string_view head) {
    if (!at(head, 0, "OggS")) return {};
    const std::string_view first_page = head.substr(0, 64);
    return first_page.find("theora") != std::string_view::npos ? "video/ogg" : "audio/ogg";
}

/// An MPEG audio frame: sync, layer III, a bit rate and a sample rate that exist.
bool is_mp3_frame(std::string_view head) {
    if (head.size() < 4) return false;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(head[i]); };
    return byte(0) == 0xff && (byte(1) & 0xe6) == 0xe2 && (byte(2) & 0xf0) != 0xf0 && (byte(2) & 0xf0) != 0 &&
           (byte(2) & 0x0c) != 0x0c;
}

bool is_adts_frame(std::string_view head) {
    return head.size() >= 4 && static_cast<std::uint8_t>(head[0]) == 0xff &&
           (static_cast<std::uint8_t>(head[1]) & 0xf6) == 0xf0;
}

bool is_plain_text(std::string_view head) {
    if (at(head, 0, "\xef\xbb\xbf")) head.remove_prefix(3);
    if (head.size() >= kTextWindow) {
        head = head.substr(0, kTextWindow);
        // The window may cut a character: up to three bytes of it are left out.
        for (int i = 0; i < 4 && !head.empty() && !is_utf8(head); ++i) head.remove_suffix(1);
    }
    for (const char c : head) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || byte == 0x7f) return false;
    }
    return is_utf8(head);
}

}  // namespace

std::string_view sniff(std::string_view head) {
    struct Magic {
        std::size_t offset;
        std::string_view bytes;
        std::string_view mime;
    };
    static constexpr std::array kMagics = {
        Magic{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
        Magic{0, "\xff\xd8\xff"sv, "image/jpeg"},
        Magic{0, "GIF87a"sv, "image/gif"},
        Magic{0, "GIF89a"sv, "image/gif"},
        Magic{0, "%PDF-"sv, "application/pdf"},
        Magic{0, "PK\x03\x04"sv, "application/zip"},
        Magic{0, "PK\x05\x06"sv, "application/zip"},
        Magic{0, "ID3"sv, "audio/mpeg"},
        Magic{0, "fLaC"sv, "audio/flac"},
        Magic{0, "#!AMR"sv, "audio/amr"},
        Magic{0, "\x00\x00\x01\xba"sv, "video/mpeg"},
    };
    for (const Magic& magic : kMagics)
        if (at(head, magic.offset, magic.bytes)) return magic.mime;
    if (at(head, 0, "RIFF")) {
        if (at(head, 8, "WEBP")) return "image/webp";
        if (at(head, 8, "WAVE")) return "audio/wav";
        if (at(head, 8, "AVI ")) return "video/x-msvideo";
    }
    for (const auto find : {iso_media, matroska, ogg})
        if (const std::string_view mime = find(head); !mime.empty()) return mime;
    if (is_mp3_frame(head)) return "audio/mpeg";
    if (is_adts_frame(head)) return "audio/aac";
    if (!head.empty() && is_plain_text(head)) return "text/plain";
    return "application/octet-stream";
}

bool is_inline_mime(std::string_view mime) {
    return mime == "image/png" || mime == "image/jpeg" || mime == "image/gif" || mime == "image/webp" ||
           mime.starts_with("audio/") || mime.starts_with("video/");
}

}  // namespace usher::blobs
