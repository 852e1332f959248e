#include "store/statement.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace usher::store {
namespace {

/// Where SOCI reads a parameter from, or writes a column to. Its address must not change while it is bound.
struct Slot {
    Kind kind = Kind::text;
    soci::indicator indicator = soci::i_null;
    long long integer = 0;  // always a scalar: SOCI reads 64 bits into a vector as 32 on SQLite
    double real = 0;
    std::string text;

    void set(const Value& value) {
        indicator = soci::i_ok;
        if (const auto* n = std::get_if<std::int64_t>(&value)) {
            integer = *n;
        } else if (const auto* d = std::get_if<double>(&value)) {
            real = *d;
        } else if (const auto* s = std::get_if<std::string>(&value)) {
            text = *s;
        } else {
            indicator = soci::i_null;
        }
    }
    Value get() const {
        if (indicator == soci::i_null) return {};
        switch (kind) {
            case Kind::integer:
                return static_cast<std::int64_t>(integer);
            case Kind::real:
                return real;
            case Kind::text:
                break;
        }
        return text;
    }
};

}  // namespace

struct Statement::Impl {
    Impl(soci::session& session, Dialect d, ParsedSql s, std::vector<Kind> u)
        : dialect(d), sql(std::move(s)), kinds(std::move(u)), uses(kinds.size()), handle(session) {}
    Dialect dialect;
    ParsedSql sql;
    std::vector<Kind> kinds;
    std::vector<Slot> uses;
    std::vector<Slot> intos;
    soci::statement handle;  // last: it points into the slots

    void bind(std::span<const Value> parameters) {
        for (std::size_t i = 0; i < uses.size(); ++i) uses[i].set(parameters[sql.occurrences[i]]);
    }
    void attach() {
        for (Slot& slot : intos) {
            switch (slot.kind) {
                case Kind::integer:
                    handle.exchange(soci::into(slot.integer, slot.indicator));
                    break;
                case Kind::real:
                    handle.exchange(soci::into(slot.real, slot.indicator));
                    break;
                case Kind::text:
                    handle.exchange(soci::into(slot.text, slot.indicator));
                    break;
            }
        }
        for (Slot& slot : uses) {
            switch (slot.kind) {
                case Kind::integer:
                    handle.exchange(soci::use(slot.integer, slot.indicator));
                    break;
                case Kind::real:
                    handle.exchange(soci::use(slot.real, slot.indicator));
                    break;
                case Kind::text:
                    handle.exchange(soci::use(slot.text, slot.indicator));
                    break;
            }
        }
    }
    /// After an error: SOCI's buffers of the parameters would leak with the next use. The statement stays prepared.
    void attach_anew() {
        handle.bind_clean_up();
        attach();
        handle.define_and_bind();
    }
    /// Lets go of what a SELECT holds, however it ended.
    void reset() noexcept {
        if (dialect != Dialect::sqlite) return;  // the servers' results lie in memory, whole
        auto* backend = static_cast<soci::sqlite3_statement_backend*>(handle.get_backend());
        if (backend && backend->stmt_) sqlite_api::sqlite3_reset(backend->stmt_);
    }
};

/// Resets the statement at the end of a use.
struct Statement::Finally {
    Impl& impl;
    ~Finally() { impl.reset(); }
};

Statement::Statement(soci::session& session, Dialect dialect, ParsedSql sql, std::vector<Kind> uses,
                     const std::vector<Kind>& intos)
    : impl_(std::make_unique<Impl>(session, dialect, std::move(sql), std::move(uses))) {
    auto& handle = impl_->handle;
    impl_->intos.resize(intos.size());
    for (std::size_t i = 0; i < intos.size(); ++i) impl_->intos[i].kind = intos[i];
    for (std::size_t i = 0; i < impl_->uses.size(); ++i) impl_->uses[i].kind = impl_->kinds[i];
    impl_->attach();
    handle.alloc();
    handle.prepare(impl_->sql.text, soci::details::st_repeatable_query);
    handle.define_and_bind();
}

Statement::~Statement() = default;

const ParsedSql& Statement::sql() const {
    return impl_->sql;
}
const std::vector<Kind>& Statement::uses() const {
    return impl_->kinds;
}

std::int64_t Statement::run(std::span<const Value> parameters) {
    impl_->bind(parameters);
    const Finally finally{*impl_};
    try {
        impl_->handle.execute(true);
    } catch (...) {
        impl_->attach_anew();
        throw;
    }
    return impl_->handle.get_affected_rows();
}

void Statement::select(std::span<const Value> parameters, const std::function<void(std::span<const Value>)>& row) {
    impl_->bind(parameters);
    const Finally finally{*impl_};
    std::vector<Value> values(impl_->intos.size());
    const auto next = [&] {
        try {
            return impl_->handle.fetch();
        } catch (...) {
            impl_->attach_anew();
            throw;
        }
    };
    try {
        impl_->handle.execute();
    } catch (...) {
        impl_->attach_anew();
        throw;
    }
    while (next()) {
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = impl_->intos[i].get();
        row(values);
    }
}

}  // namespace usher::store
