#pragma once
/// The OpenAPI 3.1 document, made from what operations say of themselves, and a check of bodies against it for tests.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/operation.hpp"

namespace usher::api {

/// Not thread-safe while it grows; then only read.
class Document final {
public:
    explicit Document(std::string version) : version_(std::move(version)) {}

    /// Throws Failure when a type's name is another type's already.
    void add(const Operation& operation, std::string_view base, bool socket);
    json::object render() const;

    /// Everything that is wrong with the body of an answer; empty: as documented. `path` is the operation's, with its
    /// {parameters}.
    std::vector<std::string> check_answer(std::string_view method, std::string_view path, int status,
                                          std::string_view content_type, std::string_view body) const;
    /// Everything that is wrong with a value by a schema of this document (it may hold $ref).
    std::vector<std::string> check(const json::value& value, const json::object& schema) const;

private:
    json::object component(const TypeDoc& type, bool input);
    json::object answer_of(const Answer& answer);

    std::string version_;
    json::object paths_;
    std::map<std::string, json::object> schemas_;
};

}  // namespace usher::api
