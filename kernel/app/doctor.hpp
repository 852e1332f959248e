#pragma once
/// usherctl doctor: looks at an installation from its machine and says of each thing whether it is well, and what to do
/// where it is not. It changes nothing, needs no running daemon, and disturbs none.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/configuration.hpp"

namespace usher::app {

enum class Health { good, worth_a_look, bad };

struct Diagnosis {
    Health health = Health::good;
    std::string area;    // "database"
    std::string what;    // what was seen
    std::string advice;  // what to do; empty when nothing
};
using Diagnoses = std::vector<Diagnosis>;

/// All of it, in the order in which an operator mends things.
Diagnoses examine(const Options& options);

// ---- the parts; each can be looked at by itself

/// Where things will be, resolved as the daemon does.
struct Premises {
    const config::Loaded* loaded = nullptr;
    std::filesystem::path data;                       // absolute
    std::filesystem::path blobs;                      // absolute
    std::vector<std::filesystem::path> config_files;  // as named
    std::vector<std::filesystem::path> secret_files;  // read by ${file:PATH}
    bool secrets_in_yaml = false;                     // a secret stands in the YAML itself
};

void examine_database(const Premises& premises, Diagnoses& out);
void examine_folders(const Premises& premises, Diagnoses& out);  // data, blobs, room on their disks
void examine_ports(const Premises& premises, Diagnoses& out);    // free, taken, or Usher itself and whether it is ready
void examine_clock(Diagnoses& out);
void examine_limits(const Premises& premises, Diagnoses& out);       // file descriptors
void examine_permissions(const Premises& premises, Diagnoses& out);  // of whatever holds secrets

/// "12.3 GiB"
std::string human_bytes(std::uint64_t bytes);

}  // namespace usher::app
