#pragma once
/// What a library's file says before anything of it runs: the symbols it exports. 64-bit ELF.
#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace usher::sdk::conformance {

struct LibraryFile {
    std::string problem{};                ///< why it could not be read; else empty
    std::vector<std::string> exported{};  ///< defined, global or weak, visible
    std::vector<std::string> needed{};    ///< libraries that have to be there
};

namespace detail {

/// A struct at an offset of the file, or zeroes beyond its end.
template <class T>
T at(const std::string& bytes, std::uint64_t offset) {
    T out{};
    if (offset <= bytes.size() && bytes.size() - offset >= sizeof(T))
        std::memcpy(&out, bytes.data() + offset, sizeof(T));
    return out;
}
inline std::string text_at(const std::string& bytes, std::uint64_t offset) {
    if (offset >= bytes.size()) return {};
    return std::string(bytes.c_str() + offset);  // a string ends at its NUL, the file at c_str's
}

}  // namespace detail

inline LibraryFile read_library_file(const std::string& path) {
    LibraryFile out;
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file || bytes.empty()) {
        out.problem = "cannot be read";
        return out;
    }
    const auto header = detail::at<Elf64_Ehdr>(bytes, 0);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_type != ET_DYN) {
        out.problem = "is no 64-bit shared library";
        return out;
    }
    for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
        const auto section = detail::at<Elf64_Shdr>(bytes, header.e_shoff + i * header.e_shentsize);
        const auto strings = detail::at<Elf64_Shdr>(bytes, header.e_shoff + section.sh_link * header.e_shentsize);
        if (section.sh_type == SHT_DYNSYM && section.sh_entsize != 0) {
            for (std::uint64_t k = 1; k < section.sh_size / section.sh_entsize && k < 1'000'000; ++k) {
                const auto symbol = detail::at<Elf64_Sym>(bytes, section.sh_offset + k * section.sh_entsize);
                const unsigned binding = ELF64_ST_BIND(symbol.st_info),
                               visibility = ELF64_ST_VISIBILITY(symbol.st_other);
                if (symbol.st_shndx == SHN_UNDEF || binding == STB_LOCAL || visibility == STV_HIDDEN) continue;
                if (symbol.st_shndx == SHN_ABS) continue;  // names of versions
                out.exported.push_back(detail::text_at(bytes, strings.sh_offset + symbol.st_name));
            }
        } else if (section.sh_type == SHT_DYNAMIC && section.sh_entsize != 0) {
            for (std::uint64_t k = 0; k < section.sh_size / section.sh_entsize && k < 10'000; ++k) {
                const auto entry = detail::at<Elf64_Dyn>(bytes, section.sh_offset + k * section.sh_entsize);
                if (entry.d_tag == DT_NEEDED)
                    out.needed.push_back(detail::text_at(bytes, strings.sh_offset + entry.d_un.d_val));
            }
        }
    }
    return out;
}

}  // namespace usher::sdk::conformance
