#pragma once
/// Done<T>: the one answer that a begun operation owes. Copy it into whatever finishes the work; the first answer
/// counts, later ones are nothing, and when the last copy is dropped without one it answers by itself: `internal`, a
/// send's `unknown_outcome`, as nobody can promise any more that nothing was sent. Any thread.
#include <usher/borrow.hpp>

#include <atomic>

namespace usher::sdk {

namespace detail {

inline void fill(BorrowedResult& result, const std::string& body) {
    result.body(body);
}
inline void fill(BorrowedResult& result, const HttpAnswer& answer) {
    result.http(answer);
}
inline void fill(BorrowedResult& result, const Receipt& receipt) {
    result.field("remote_id", receipt.remote_id);
    for (const std::string& id : receipt.more_remote_ids) result.field("remote_id", id);
}
inline void fill(BorrowedResult& result, const Polled& polled) {
    result.retry_after(polled.next_in);
}
inline void fill(BorrowedResult& result, const Admission& admission) {
    result.field("contact", admission.contact);
    result.field("thread_key", admission.thread_key);
    result.field("after", admission.after);
    result.field("attrs_json", admission.attrs_json);
}

/// What an operation means that was let go of without an answer.
template <class T>
inline constexpr Status kDropped = Status::internal;
template <>
inline constexpr Status kDropped<Receipt> = Status::unknown_outcome;

/// Calls the C side once at most; noexcept, as it also runs in destructors.
template <class T>
class Completion {
public:
    explicit Completion(usher_done done) : done_(done) {}
    Completion(const Completion&) = delete;
    Completion& operator=(const Completion&) = delete;
    ~Completion() {
        if (!taken_.load()) finish(kDropped<T>, "the plugin let go of this operation without an answer");
    }

    void finish(const Result<T>& outcome) noexcept {
        if (taken_.exchange(true)) return;
        try {
            BorrowedResult result;
            if (!outcome) {
                result.failure(outcome.failure());
            } else if constexpr (!std::is_void_v<T>) {
                fill(result, *outcome);
            }
            done_.fn(done_.ctx, result.get());
        } catch (...) {  // out of memory while the views were built
            call(kDropped<T>, "the answer could not be handed over");
        }
    }

private:
    void finish(Status status, std::string_view error) noexcept {
        if (!taken_.exchange(true)) call(status, error);
    }
    void call(Status status, std::string_view error) noexcept {
        usher_result result{};
        result.struct_size = sizeof result;
        result.status = static_cast<usher_status>(status);
        result.error = str(error);
        done_.fn(done_.ctx, &result);
    }

    usher_done done_;
    std::atomic<bool> taken_{false};
};

}  // namespace detail

template <class T>
class Done {
public:
    explicit Done(usher_done done) : completion_(std::make_shared<detail::Completion<T>>(done)) {}
    /// Answers with a value or a Failure.
    void operator()(const Result<T>& outcome) const { completion_->finish(outcome); }

private:
    std::shared_ptr<detail::Completion<T>> completion_;
};

template <>
class Done<void> {
public:
    explicit Done(usher_done done) : completion_(std::make_shared<detail::Completion<void>>(done)) {}
    void operator()() const { completion_->finish({}); }
    void operator()(const Result<void>& outcome) const { completion_->finish(outcome); }

private:
    std::shared_ptr<detail::Completion<void>> completion_;
};

}  // namespace usher::sdk
