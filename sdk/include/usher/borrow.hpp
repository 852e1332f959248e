#pragma once
/// C views of the C++ values, for the length of one call. Each object keeps the arrays that its view points to, so it
/// must outlive the call; it does not move.
#include <usher/values.hpp>

namespace usher::sdk {

class BorrowedPairs {
public:
    explicit BorrowedPairs(const Pairs& pairs) {
        pairs_.reserve(pairs.size());
        for (const auto& [key, value] : pairs) pairs_.push_back({str(key), str(value)});
    }
    const usher_pair* data() const { return pairs_.empty() ? nullptr : pairs_.data(); }
    std::size_t size() const { return pairs_.size(); }

private:
    std::vector<usher_pair> pairs_;
};

inline std::uint32_t to_ms(std::chrono::milliseconds duration) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(duration.count(), 0, UINT32_MAX));
}

class BorrowedMessage {
public:
    explicit BorrowedMessage(const Message& m) : attrs_(m.attrs) {
        for (const Part& part : m.parts)
            parts_.push_back({str(part.mime), str(part.name), str(part.uri), str(part.attrs_json), part.size_bytes});
        c_.struct_size = sizeof(usher_message);
        c_.kind = static_cast<std::uint32_t>(m.kind);
        c_.timeout_ms = to_ms(m.timeout);
        c_.attempt = m.attempt;
        c_.id = str(m.id);
        c_.conversation_id = str(m.conversation_id);
        c_.dedupe_key = str(m.dedupe_key);
        c_.thread_key = str(m.thread_key);
        c_.remote_id = str(m.remote_id);
        c_.reply_to_remote_id = str(m.reply_to_remote_id);
        c_.contact = str(m.contact);
        c_.text = str(m.text);
        c_.content_json = str(m.content_json);
        c_.contact_json = str(m.contact_json);
        c_.author_json = str(m.author_json);
        c_.sent_unix_us = m.sent_unix_us;
        c_.seq = m.seq;
        c_.parts = parts_.empty() ? nullptr : parts_.data();
        c_.part_count = parts_.size();
        c_.attrs = attrs_.data();
        c_.attr_count = attrs_.size();
    }
    BorrowedMessage(const BorrowedMessage&) = delete;
    BorrowedMessage& operator=(const BorrowedMessage&) = delete;
    const usher_message* get() const { return &c_; }

private:
    usher_message c_{};
    std::vector<usher_part> parts_;
    BorrowedPairs attrs_;
};

class BorrowedHttp {
public:
    explicit BorrowedHttp(const HttpRequest& r) : headers_(r.headers) {
        for (const FormField& field : r.form)
            form_.push_back(
                {str(field.name), str(field.file_name), str(field.mime), str(field.value), str(field.blob)});
        c_.struct_size = sizeof(usher_http);
        c_.timeout_ms = to_ms(r.timeout);
        c_.redirect_limit = r.redirect_limit;
        c_.method = str(r.method);
        c_.url = str(r.url);
        c_.path = str(r.path);
        c_.query = str(r.query);
        c_.remote_addr = str(r.remote_addr);
        c_.body = str(r.body);
        c_.body_blob = str(r.body_blob);
        c_.headers = headers_.data();
        c_.header_count = headers_.size();
        c_.form = form_.empty() ? nullptr : form_.data();
        c_.form_count = form_.size();
    }
    BorrowedHttp(const BorrowedHttp&) = delete;
    BorrowedHttp& operator=(const BorrowedHttp&) = delete;
    const usher_http* get() const { return &c_; }

private:
    usher_http c_{};
    std::vector<usher_form> form_;
    BorrowedPairs headers_;
};

class BorrowedRoute {
public:
    explicit BorrowedRoute(const Route& r) {
        for (const Agent& agent : r.agents)
            agents_.push_back({str(agent.id), str(agent.attrs_json), agent.open_count, agent.open_limit,
                               agent.last_assigned_unix_us});
        if (r.message) message_.emplace(*r.message);
        c_.struct_size = sizeof(usher_route);
        c_.timeout_ms = to_ms(r.timeout);
        c_.message = message_ ? message_->get() : nullptr;
        c_.agents = agents_.empty() ? nullptr : agents_.data();
        c_.agent_count = agents_.size();
        c_.conversation_json = str(r.conversation_json);
    }
    BorrowedRoute(const BorrowedRoute&) = delete;
    BorrowedRoute& operator=(const BorrowedRoute&) = delete;
    const usher_route* get() const { return &c_; }

private:
    usher_route c_{};
    std::vector<usher_agent> agents_;
    std::optional<BorrowedMessage> message_;
};

/// A usher_result under construction: what an operation answers.
class BorrowedResult {
public:
    BorrowedResult() { c_.struct_size = sizeof(usher_result); }
    BorrowedResult(const BorrowedResult&) = delete;
    BorrowedResult& operator=(const BorrowedResult&) = delete;

    /// Keeps the failure: it is often made on the spot, and the views must outlive that.
    void failure(Failure f) {
        failure_ = std::move(f);
        c_.status = failure_.status == Status::ok ? USHER_E_INTERNAL : static_cast<usher_status>(failure_.status);
        c_.retry_after_ms = to_ms(failure_.retry_after);
        c_.scope = static_cast<std::uint32_t>(failure_.scope);
        c_.error = str(failure_.error);
        c_.reason_code = str(failure_.reason_code);
        c_.reason_text = str(failure_.reason_text);
        c_.body = str(failure_.body);
        if (failure_.http) http(*failure_.http);
    }
    void body(std::string_view text) { c_.body = str(text); }
    /// The bytes are borrowed too. An empty value is left out: absent and empty mean the same.
    void field(std::string_view key, std::string_view value) {
        if (!value.empty()) fields_.push_back({str(key), str(value)});
    }
    void http(const HttpAnswer& answer) {
        headers_.emplace(answer.headers);
        http_ = {sizeof(usher_http_result), answer.status,    headers_->data(),
                 headers_->size(),          str(answer.body), str(answer.body_blob)};
        c_.http = &http_;
    }
    void fd(int descriptor) { c_.fd = descriptor; }
    void retry_after(std::chrono::milliseconds delay) { c_.retry_after_ms = to_ms(delay); }

    const usher_result* get() {
        c_.fields = fields_.empty() ? nullptr : fields_.data();
        c_.field_count = fields_.size();
        return &c_;
    }

private:
    usher_result c_{};
    Failure failure_{};
    usher_http_result http_{};
    std::vector<usher_pair> fields_;
    std::optional<BorrowedPairs> headers_;
};

}  // namespace usher::sdk
