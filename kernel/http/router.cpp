#include "http/router.hpp"

#include <algorithm>
#include <map>

#include "foundation/text.hpp"
#include "http/head.hpp"
#include "http/uri.hpp"

namespace usher::http {

/// A segment of the tree. A place where routes end holds them by method, each with its own parameter names.
struct Router::Node {
    struct End {
        const Route* route;
        std::vector<std::string> names;
    };
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::map<std::string, End, std::less<>> ends;   // by method
    std::map<std::string, End, std::less<>> rests;  // those whose pattern goes on with *rest
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
    return split(path.substr(1), '/');
}

[[noreturn]] void refuse(std::string_view pattern, std::string_view why) {
    throw Failure(Error{Errc::internal, "route " + std::string(pattern) + ": " + std::string(why)});
}

}  // namespace

void Router::add(std::string method, std::string pattern, RouteOptions options, Handler handler) {
    if (!is_token(method)) refuse(pattern, "its method is malformed");
    if (!handler) refuse(pattern, "has no handler");
    auto route = std::make_unique<Route>(
        Route{std::move(method), std::move(pattern), std::move(options), std::move(handler), {}});
    std::string_view text = route->pattern;
    if (text.empty() || text.front() != '/') refuse(text, "must begin with /");
    Node* node = root_.get();
    std::vector<std::string> names;
    bool rest = false;
    for (const std::string_view segment : segments_of(text)) {
        if (rest) refuse(text, "*rest must be last");
        if (!segment.empty() && segment.front() == '*') {
            rest = true;
            names.emplace_back(segment.substr(1));
        } else if (segment.size() > 2 && segment.front() == '{' && segment.back() == '}') {
            if (!node->parameter) node->parameter = std::make_unique<Node>();
            names.emplace_back(segment.substr(1, segment.size() - 2));
            node = node->parameter.get();
        } else {
            if (segment.find_first_of("{}*%") != std::string_view::npos) refuse(text, "has a malformed segment");
            auto& child = node->literals[std::string(segment)];
            if (!child) child = std::make_unique<Node>();
            node = child.get();
        }
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i].empty() || std::count(names.begin(), names.end(), names[i]) > 1)
            refuse(text, "its parameters need names, each another");
    auto& place = rest ? node->rests : node->ends;
    const std::string key = route->method;
    if (!place.emplace(key, Node::End{route.get(), std::move(names)}).second) refuse(text, "is taken for " + key);
    routes_.push_back(std::move(route));
}

void Router::add_websocket(std::string pattern, RouteOptions options, UpgradeHandler handler) {
    add("GET", std::move(pattern), std::move(options), [](Request) -> Task<Response> {
        co_return Response::text(426, "This is a WebSocket.\n");  // never reached: the server looks at upgrade first
    });
    routes_.back()->upgrade = std::move(handler);
}

Router::Match Router::match(std::string_view method, std::string_view raw_path) const {
    Match match;
    if (raw_path.empty() || raw_path.front() != '/') {
        match.malformed = raw_path != "*";
        return match;
    }
    const auto raw = segments_of(raw_path);
    std::vector<std::string> decoded;
    decoded.reserve(raw.size());
    for (const std::string_view segment : raw) {
        auto text = percent_decode(segment);
        if (!text || text->find('\0') != std::string::npos || !is_utf8(*text)) {
            // Still good for a *rest: providers and mail clients escape as they like.
            decoded.emplace_back();
            match.malformed = true;
        } else {
            decoded.push_back(std::move(*text));
        }
    }

    // Depth first: literal, then {name}; the deepest *rest on the way back. Values are kept by position.
    struct Walk {
        const std::vector<std::string_view>& raw;
        const std::vector<std::string>& decoded;
        std::string_view raw_path;
        std::vector<std::size_t> values;
        bool malformed;
        const std::map<std::string, Node::End, std::less<>>* found = nullptr;
        std::string_view rest;
        bool has_rest = false;

        bool go(const Node& node, std::size_t i) {
            if (i == raw.size()) {
                if (!node.ends.empty()) {
                    found = &node.ends;
                    return true;
                }
            } else if (!bad(i)) {
                const auto literal = node.literals.find(decoded[i]);
                if (literal != node.literals.end() && go(*literal->second, i + 1)) return true;
                if (node.parameter && !decoded[i].empty()) {
                    values.push_back(i);
                    if (go(*node.parameter, i + 1)) return true;
                    values.pop_back();
                }
            }
            if (i < raw.size() && !node.rests.empty()) {
                found = &node.rests;
                has_rest = true;
                rest = raw_path.substr(static_cast<std::size_t>(raw[i].data() - raw_path.data()));
                return true;
            }
            return false;
        }
        bool bad(std::size_t i) const { return malformed && decoded[i].empty() && !raw[i].empty(); }
    };
    Walk walk{raw, decoded, raw_path, {}, match.malformed};
    if (!walk.go(*root_, 0)) return match;
    match.malformed = false;
    auto end = walk.found->find(method);
    if (end == walk.found->end() && method == "HEAD") end = walk.found->find("GET");
    for (const auto& [allowed, unused] : *walk.found) {
        match.allow.push_back(allowed);
        if (allowed == "GET" && !walk.found->contains("HEAD")) match.allow.emplace_back("HEAD");
    }
    if (!walk.found->contains("OPTIONS")) match.allow.emplace_back("OPTIONS");
    if (end == walk.found->end()) return match;
    match.route = end->second.route;
    const auto& names = end->second.names;
    for (std::size_t i = 0; i < walk.values.size(); ++i)
        match.path_params.emplace_back(names[i], decoded[walk.values[i]]);
    if (walk.has_rest) match.path_params.emplace_back(names.back(), walk.rest);
    return match;
}

std::vector<const Route*> Router::routes() const {
    std::vector<const Route*> all;
    for (const auto& route : routes_) all.push_back(route.get());
    return all;
}

}  // namespace usher::http
