// Files handed over before their message: digest, storage, names, one use, one day.
#include "uploads.hpp"

#include "test_peer.hpp"

using namespace usher::open_channel;
using testing::HasSubstr;
using usher::sdk::HttpAnswer;
using usher::sdk::HttpRequest;

namespace {

struct Uploads : Peer {
    HttpRequest upload(std::string body, std::string type = "image/png", std::string name = "map.png") {
        HttpRequest made = request("POST", "/channels/shop1/uploads", body);
        made.headers = {{"Content-Type", std::move(type)}, {"X-Usher-Filename", std::move(name)}};
        const std::string timestamp = std::to_string(now_us / 1'000'000);
        const std::string digest = sha256_hex(body);
        made.headers.emplace_back("X-Usher-Content-SHA256", digest);
        made.headers.emplace_back("X-Usher-Timestamp", timestamp);
        made.headers.emplace_back("X-Usher-Signature",
                                  "v1=" + sign("oc-test-secret", timestamp, "POST", "/channels/shop1/uploads", digest));
        return made;
    }
    HttpRequest as_blob(HttpRequest made) {
        made.body_blob = host.put_blob(made.body);
        made.body.clear();
        return made;
    }
    std::string id_of(const HttpAnswer& answer) {
        const auto body = body_of(answer);
        return body.contains("upload_id") ? std::string(body.at("upload_id").as_string()) : "";
    }
    HttpAnswer bring(const std::string& upload_id, const std::string& message_id) {
        return post("/messages",
                    R"({"id":")" + message_id +
                        R"(","contact":{"external_id":"c-7"},"content":{"type":"media","attachments":[{"upload_id":")" +
                        upload_id + "\"}]}}");
    }
};

std::string multipart(const std::string& file) {
    return "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
           "--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"..\\\\..\\\\etc/pass wd.txt\"\r\n"
           "Content-Type: text/plain\r\n\r\n" +
           file + "\r\n--XX--\r\n";
}

}  // namespace

TEST_F(Uploads, TheContractsVectorIsStoredAndAnswered) {
    const auto answer = ask(upload("hello"));
    EXPECT_EQ(answer.status, 201u);
    const auto body = body_of(answer);
    EXPECT_EQ(body.at("sha256").as_string(), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    EXPECT_EQ(body.at("size").as_int64(), 5);
    EXPECT_EQ(body.at("expires_at").as_string(), "2023-11-15T22:13:20.000Z");
}

TEST_F(Uploads, AMessageBringsTheFileAsABlob) {
    const std::string id = id_of(ask(upload("hello")));
    EXPECT_EQ(bring(id, "m-1").status, 202u);
    const auto part = host.emits()[0].message.parts.at(0);
    ASSERT_TRUE(part.uri.starts_with("blob:"));
    EXPECT_EQ(host.blob(part.uri.substr(5)), "hello");
    EXPECT_EQ(part.mime, "image/png");
    EXPECT_EQ(part.name, "map.png");
    EXPECT_EQ(part.size_bytes, 5u);
}

TEST_F(Uploads, AreUsedByOneMessageOnlyWhichMayBeRepeated) {
    const std::string id = id_of(ask(upload("hello")));
    EXPECT_EQ(bring(id, "m-1").status, 202u);
    EXPECT_EQ(bring(id, "m-1").status, 200u) << "the same message again is a duplicate as ever";
    const auto other = bring(id, "m-2");
    EXPECT_EQ(other.status, 422u);
    EXPECT_EQ(error_of(other, "field"), "content.attachments[0].upload_id");
    EXPECT_EQ(error_of(other, "message"), "was used by another message");
}

TEST_F(Uploads, LastADay) {
    const std::string id = id_of(ask(upload("hello")));
    now_us += (24 * 3600 + 1) * 1'000'000ll;
    EXPECT_EQ(error_of(bring(id, "m-1"), "message"), "has expired");
}

TEST_F(Uploads, AnIdThatWasNeverGivenOutIsNotKnown) {
    EXPECT_EQ(error_of(bring("1700000000-" + std::string(32, 'a'), "m-1"), "message"), "is not known");
}

TEST_F(Uploads, ABodyThatIsNotWhatWasSignedIsRefused) {
    auto made = upload("hello");
    made.body = "hallo";
    const auto answer = ask(made);
    EXPECT_EQ(answer.status, 401u);
    EXPECT_THAT(error_of(answer, "message"), HasSubstr("is not the digest of the body"));
    EXPECT_TRUE(host.kv.empty());
    made = upload("hello");
    for (auto& [name, value] : made.headers)
        if (name == "X-Usher-Content-SHA256") value = sha256_hex("hallo");
    EXPECT_EQ(ask(made).status, 401u) << "another digest under the same signature";
}

TEST_F(Uploads, AreNotAdmittedByASignatureOverTheBodyItself) {
    const auto answer = ask(signed_post("/uploads", "hello"));
    EXPECT_EQ(answer.status, 401u);
}

TEST_F(Uploads, ALargeRawBodyIsTheBlobItself) {
    const std::string bytes(5 * 1024 * 1024 + 7, 'x');  // several slices
    const auto made = as_blob(upload(bytes));
    const auto answer = ask(made);
    EXPECT_EQ(answer.status, 201u);
    bring(id_of(answer), "m-1");
    EXPECT_EQ(host.emits()[0].message.parts.at(0).uri, "blob:" + made.body_blob);
}

TEST_F(Uploads, AFileInAFormIsCutOutOfItsBody) {
    const std::string file = std::string(3 * 1024 * 1024, 'y') + "\r\n--X";  // looks like a boundary, and is not
    for (const bool large : {false, true}) {
        const std::string content = large ? file : "small";
        auto made = upload(multipart(content), "multipart/form-data; boundary=\"XX\"", "");
        const auto answer = ask(large ? as_blob(made) : made);
        ASSERT_EQ(answer.status, 201u);
        EXPECT_EQ(body_of(answer).at("sha256").as_string(), sha256_hex(content));
        bring(id_of(answer), large ? "m-1" : "m-2");
        const auto part = host.emits().back().message.parts.at(0);
        EXPECT_EQ(host.blob(part.uri.substr(5)), content);
        EXPECT_EQ(part.name, "pass wd.txt") << "a client's folders are not a name";
        EXPECT_EQ(part.mime, "text/plain");
    }
}

TEST_F(Uploads, AFormWithoutAFileAnEmptyOneAndACutOneAreTold) {
    const auto tell = [&](const std::string& body, const std::string& type) {
        return error_of(ask(upload(body, type)), "field");
    };
    const std::string type = "multipart/form-data; boundary=XX";
    EXPECT_EQ(tell("--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--XX--\r\n", type), "file");
    EXPECT_EQ(tell(multipart(""), type), "file");
    EXPECT_EQ(tell(multipart("x").substr(0, 120), type), "file");
    EXPECT_EQ(tell("--XX", type), "file");
    EXPECT_EQ(tell(multipart("x"), "multipart/form-data"), "file");
    EXPECT_EQ(tell("", "image/png"), "file");
}

TEST_F(Uploads, MoreThan25MiBIs413) {
    auto made = as_blob(upload(std::string(kUploadBytes + 1, 'x')));
    EXPECT_EQ(ask(made).status, 413u);
    EXPECT_EQ(ask(as_blob(upload(std::string(kUploadBytes, 'x')))).status, 201u);
}

TEST_F(Uploads, AreOffWhereAttachmentsAre) {
    make(R"({"inbound":{"secrets":["k1:oc-test-secret"]},"features":{"attachments":false}})");
    EXPECT_EQ(ask(upload("hello")).status, 415u);
    EXPECT_EQ(error_of(bring("1700000000-" + std::string(32, 'a'), "m-1"), "field"), "content.attachments");
}

TEST(FileNames, AreTheLastComponentOfText) {
    EXPECT_EQ(clean_file_name("/etc/passwd"), "passwd");
    EXPECT_EQ(clean_file_name("C:\\temp\\a.txt"), "a.txt");
    EXPECT_EQ(clean_file_name("%EA%B9%80.png"), "김.png");
    EXPECT_EQ(clean_file_name("a%2Fb"), "b");
    for (const char* empty : {"", "..", "/", "\xff", "a%00b"}) EXPECT_EQ(clean_file_name(empty), "file") << empty;
}
