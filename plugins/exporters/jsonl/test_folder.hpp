#pragma once
/// A temporary folder that goes away with its test, and what is in its files.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

struct TestFolder {
    std::filesystem::path path;
    TestFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "usher-jsonl-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        path = name;
    }
    ~TestFolder() { std::filesystem::remove_all(path); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    std::filesystem::path file(int number) const {
        return path / ("events-0000000" + std::to_string(number) + ".ndjson");
    }
    std::string text(int number) const {
        std::ifstream in(file(number), std::ios::binary);
        return in ? std::string{std::istreambuf_iterator<char>(in), {}} : "(absent)";
    }
    void put(int number, const std::string& text) const { std::ofstream(file(number), std::ios::binary) << text; }
    std::size_t count() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
    }
};
