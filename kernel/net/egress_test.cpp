#include "net/egress.hpp"

#include <gmock/gmock.h>

namespace usher::net {
namespace {

using testing::HasSubstr;

std::string refused(const std::string& address, std::vector<std::string> allow = {}) {
    const auto ranges = *parse_cidrs(allow);
    const auto result = check_egress(*Address::parse(address), ranges);
    if (result) return "";
    EXPECT_EQ(result.error().code, Errc::forbidden);
    return result.error().message;
}

TEST(Address, OneSpellingEach) {
    EXPECT_EQ(Address::parse("192.0.2.1")->text(), "192.0.2.1");
    EXPECT_EQ(Address::parse("2001:DB8:0::1")->text(), "2001:db8::1");
    EXPECT_EQ(Address::parse("::ffff:1.2.3.4")->unmapped().text(), "1.2.3.4");
    for (const std::string bad :
         {"", "127.1", "0177.0.0.1", "2130706433", "0x7f.0.0.1", "1.2.3.4 ", "1.2.3.256", "::1%lo", "host"})
        EXPECT_THAT(Address::parse(bad).error().message, HasSubstr("is no IP address")) << bad;
}

TEST(Cidr, ContainsAndRefuses) {
    const auto range = *Cidr::parse("10.1.0.0/16");
    EXPECT_TRUE(range.contains(*Address::parse("10.1.255.255")));
    EXPECT_FALSE(range.contains(*Address::parse("10.2.0.0")));
    EXPECT_TRUE(range.contains(*Address::parse("::ffff:10.1.2.3")));
    EXPECT_FALSE(Cidr::parse("::/0")->contains(*Address::parse("10.1.2.3")));
    EXPECT_TRUE(Cidr::parse("fd00::/8")->contains(*Address::parse("fd12::1")));
    EXPECT_TRUE(Cidr::parse("0.0.0.0/0")->contains(*Address::parse("255.255.255.255")));
    EXPECT_EQ(Cidr::parse("127.0.0.1")->text(), "127.0.0.1/32");
    EXPECT_THAT(Cidr::parse("10.1.2.3/16").error().message, HasSubstr("did you mean 10.1.0.0/16?"));
    EXPECT_THAT(Cidr::parse("10.0.0.0/33").error().message, HasSubstr("from 0 to 32"));
    EXPECT_THAT(Cidr::parse("10.0.0.0/").error().message, HasSubstr("from 0 to 32"));
    EXPECT_THAT(Cidr::parse("10.0.0.0/-1").error().message, HasSubstr("from 0 to 32"));
    EXPECT_THAT(Cidr::parse("ten/8").error().message, HasSubstr("is no address range"));
    EXPECT_EQ(parse_cidrs({"::/0", "x", "y"}).error().details.size(), 2u);
    EXPECT_FALSE(contains(std::vector<Cidr>{range}, "no address"));
}

TEST(Egress, PublicAddressesOnly) {
    for (const std::string good :
         {"8.8.8.8", "1.1.1.1", "192.167.255.255", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"})
        EXPECT_EQ(refused(good), "") << good;
    for (const std::string bad : {"0.0.0.0",
                                  "10.0.0.1",
                                  "100.64.0.1",
                                  "127.0.0.1",
                                  "127.255.255.255",
                                  "169.254.169.254",
                                  "172.16.0.1",
                                  "172.31.255.255",
                                  "192.168.1.1",
                                  "192.0.0.8",
                                  "198.18.0.1",
                                  "224.0.0.1",
                                  "239.1.1.1",
                                  "255.255.255.255",
                                  "240.0.0.1",
                                  "::",
                                  "::1",
                                  "::127.0.0.1",
                                  "::ffff:127.0.0.1",
                                  "::ffff:8.8.8.8",
                                  "64:ff9b::7f00:1",
                                  "64:ff9b:1::1",
                                  "2002:7f00:1::",
                                  "2001::1",
                                  "2001:db8::1",
                                  "fc00::1",
                                  "fd00:ec2::254",
                                  "fe80::1",
                                  "fec0::1",
                                  "ff02::1",
                                  "100::1",
                                  "4000::1"})
        EXPECT_THAT(refused(bad), HasSubstr("connections to " + Address::parse(bad)->text() + " (")) << bad;
    EXPECT_EQ(refused("169.254.169.254"),
              "connections to 169.254.169.254 (link-local and metadata services) are not permitted; allow_cidrs can "
              "allow them");
}

TEST(Egress, AllowedRangesOpenWhatTheyNameAndNoMore) {
    EXPECT_EQ(refused("10.1.2.3", {"10.1.0.0/16"}), "");
    EXPECT_NE(refused("10.2.2.3", {"10.1.0.0/16"}), "");
    EXPECT_EQ(refused("fd00::1", {"fd00::/8"}), "");
    EXPECT_EQ(refused("::ffff:10.1.2.3", {"10.1.0.0/16"}), "");
    EXPECT_NE(refused("::ffff:10.2.2.3", {"10.1.0.0/16"}), "");
    EXPECT_EQ(refused("64:ff9b::808:808", {"64:ff9b::/96"}), "");
}

TEST(Url, OnlyHttpWithAHost) {
    const auto url = parse_url("HTTPS://Example.COM./a/../b?q#fragment");
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->scheme, "https");
    EXPECT_EQ(url->host, "example.com");
    EXPECT_EQ(url->port, 443);
    EXPECT_THAT(url->text, testing::Not(HasSubstr("fragment")));
    EXPECT_EQ(parse_url("file:///etc/passwd").error().message,
              "\"file\" is not permitted; only http and https addresses are");
    EXPECT_EQ(parse_url("gopher://a/").error().code, Errc::forbidden);
    EXPECT_THAT(parse_url("http://u:p@a/").error().message, HasSubstr("must not hold user and password"));
    EXPECT_EQ(parse_url("http://a b/").error().code, Errc::invalid);
    EXPECT_EQ(parse_url("http://a/\r\nX: 1").error().code, Errc::invalid);
    EXPECT_EQ(parse_url("nonsense").error().code, Errc::invalid);
    EXPECT_EQ(parse_url("").error().code, Errc::invalid);
    EXPECT_THAT(resolve_url(*url, "../c")->text, testing::EndsWith("/c"));
    EXPECT_EQ(resolve_url(*url, "//other/x")->host, "other");
    EXPECT_EQ(resolve_url(*url, "ftp://other/x").error().code, Errc::forbidden);
    EXPECT_TRUE(url->same_origin(*parse_url("https://example.com:443/x")));
    EXPECT_FALSE(url->same_origin(*parse_url("http://example.com/")));
}

}  // namespace
}  // namespace usher::net
