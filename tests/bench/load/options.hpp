#pragma once
/// What a load was asked for: `--name value` pairs.
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace usher::bench {

class Options {
public:
    Options(int count, char** words) {
        for (int i = 0; i + 1 < count; i += 2) {
            const std::string_view name = words[i];
            if (!name.starts_with("--")) throw std::invalid_argument(std::string(name) + ": expected --name value");
            values_[std::string(name.substr(2))] = words[i + 1];
        }
        if (count % 2 != 0) throw std::invalid_argument(std::string(words[count - 1]) + ": has no value");
    }
    std::string text(const std::string& name, const std::string& otherwise = "") const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : found->second;
    }
    long number(const std::string& name, long otherwise) const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : std::stol(found->second);
    }
    double real(const std::string& name, double otherwise) const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : std::stod(found->second);
    }
    /// Separated by commas.
    std::vector<std::string> list(const std::string& name) const {
        std::vector<std::string> out;
        std::string rest = text(name);
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            out.push_back(rest.substr(0, comma));
            rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
        }
        return out;
    }

private:
    std::map<std::string, std::string> values_;
};

}  // namespace usher::bench
