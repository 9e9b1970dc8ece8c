// Certificates that do not hold: each fault has its own outcome.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "crawler/fetch/fetcher.h"
#include "crawler/fetch/transfer.h"
#include "tests/crawler/fetch/fixture.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;

template <auto kFree>
struct Freed {
  template <typename Handle>
  void operator()(Handle* handle) const {
    kFree(handle);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Bytes = std::unique_ptr<BIO, Freed<BIO_free_all>>;

// Signed by itself, for that name, until that many seconds from now.
Certificate Sign(EVP_PKEY* key, const std::string& name, long valid_s) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_s);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const std::vector<unsigned char> text(name.begin(), name.end());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text.data(),
                             static_cast<int>(text.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  const Extension names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name).c_str()));
  X509_add_ext(certificate.get(), names.get(), -1);
  EXPECT_GT(X509_sign(certificate.get(), key, EVP_sha256()), 0);
  return certificate;
}

// Answers one connection on 127.0.1.1 with that certificate and a few words.
class SecureServer {
 public:
  SecureServer(const std::string& name, long valid_s) {
    std::signal(SIGPIPE, SIG_IGN);  // a client that likes no certificate goes away
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = Sign(key.get(), name, valid_s);
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    const Bytes bytes(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bytes.get(), certificate.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bytes.get(), &data);
    pem_.assign(data, static_cast<std::size_t>(size));
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.1.1", &address.sin_addr);
    socklen_t size_of_address = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);  // as the socket interface has it
    EXPECT_TRUE(listener_ >= 0 && bind(listener_, generic, size_of_address) == 0 &&
                listen(listener_, 8) == 0 &&
                getsockname(listener_, generic, &size_of_address) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { ServeOne(); });
  }
  ~SecureServer() {
    shutdown(listener_, SHUT_RDWR);  // ends an accept that nobody came to
    thread_.join();
    close(listener_);
  }
  SecureServer(const SecureServer&) = delete;
  SecureServer& operator=(const SecureServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::string& pem() const { return pem_; }

 private:
  void ServeOne() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const Session session(SSL_new(context_.get()));
    SSL_set_fd(session.get(), fd);
    std::array<char, 4096> request{};
    if (SSL_accept(session.get()) == 1 &&
        SSL_read(session.get(), request.data(), static_cast<int>(request.size())) > 0) {
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>";
      SSL_write(session.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
      SSL_shutdown(session.get());
    }
    close(fd);
  }

  Context context_;
  std::string pem_;
  int listener_ = -1;
  int port_ = 0;
  std::jthread thread_;
};

schemas::FetchSettings SecureSettings(const SecureServer& server) {
  schemas::FetchSettings settings;
  settings.allow_networks = {"127.0.1.0/24"};
  settings.allow_ports = {server.port()};
  settings.allow_names = {"test"};
  settings.host_gap_min_ms = 0;
  return settings;
}

std::string TlsUrl(const SecureServer& server) {
  return "https://tls.test:" + std::to_string(server.port()) + "/feed";
}

// One transfer by a handle that trusts the server's certificate as far as it is good.
TransferResult FetchTrusting(const SecureServer& server) {
  const schemas::FetchSettings settings = SecureSettings(server);
  const AddressGuard guard(settings.allow_networks, settings.allow_ports);
  BlockPace blocks(settings.block_gap_ms, SystemClock().steady_ms);
  Transfer transfer(settings, guard, blocks);
  auto job = std::make_unique<Job>();
  job->url = TlsUrl(server);
  transfer.Prepare(std::move(job), Transfer::Connection::kClose);
  std::string pem = server.pem();
  curl_blob blob{pem.data(), pem.size(), CURL_BLOB_COPY};
  curl_easy_setopt(transfer.handle(), CURLOPT_CAINFO_BLOB, &blob);
  return transfer.Finish(curl_easy_perform(transfer.handle()));
}

TEST(Tls, TakesAGoodCertificate) {
  const SecureServer server("tls.test", 86400);
  const TransferResult result = FetchTrusting(server);
  EXPECT_EQ(result.outcome, FetchOutcome::kOk);
  EXPECT_EQ(result.body, "<rss/>");
}

TEST(Tls, TellsTheFaultsOfCertificatesApart) {
  const SecureServer other("other.test", 86400);
  EXPECT_EQ(FetchTrusting(other).outcome, FetchOutcome::kTlsNameMismatch);
  const SecureServer expired("tls.test", -3600);
  EXPECT_EQ(FetchTrusting(expired).outcome, FetchOutcome::kTlsExpired);
}

TEST(Tls, RefusesACertificateThatNobodyVouchesFor) {
  const SecureServer server("tls.test", 86400);
  const Response response = FetchOne(SecureSettings(server), FeedOf(TlsUrl(server)));
  EXPECT_EQ(response.outcome, FetchOutcome::kTlsUntrusted);
  EXPECT_EQ(response.body, "");
}

}  // namespace
}  // namespace saunter::crawler::fetch
