#pragma once
/// Whether a certificate and its key can be served, before anything listens.
#include "foundation/error.hpp"
#include "http/server.hpp"

namespace usher::http {

/// Reads both as a listener would. Errc::invalid names the file and what is wrong with it.
Result<void> check_tls(const Tls& tls);

}  // namespace usher::http
