@testable import Profiles
import Testing

@testable import Import

/// The published benchmark's two load files become profiles that mean what they meant.
@Suite struct PublishedFilesTests {
    @Test func theOnePhase() throws {
        let profile = try Fixture.parsed(Fixture.file())
        #expect(profile.name == "tsung" && profile.target.port == 4000 && profile.target.path == "/socket/websocket")
        #expect(profile.workers.count == 1 && profile.workers[0].count == .fixed(40) && profile.workers[0].users == 60_000)
        #expect(profile.workers[0].ports == 1_025...65_535 && profile.workers[0].portOrder == .sequence)
        #expect(profile.load.phases == [.init(durationSeconds: 6_000, rate: .perSecond(500), users: .count(2_400_000))])
        #expect(profile.load.retries == 20 && profile.load.retryWaitMilliseconds == 10 && profile.load.interArrival == .exponential)
        #expect(profile.session == [.connect, .join(topic: "rooms:lobby"), .think(seconds: 30_000)])
    }

    /// Users of the first phases would leave before the last one ends, if it took the 300,000 s that the file gives it.
    @Test func theNinePhases() throws {
        let profile = try Fixture.parsed(Fixture.staged)
        #expect(profile.load.phases.count == 9)
        #expect(profile.load.phases[7] == .init(durationSeconds: 400, rate: .perSecond(1_000), users: .count(250_000)))
        #expect(profile.load.phases[8] == .init(durationSeconds: 102, rate: .perSecond(1_000), users: .count(100_000)))
    }

    @Test func aProfileByTheLetter() throws {
        let text = Fixture.file(workers: 2, load: Fixture.phase(1, 10, "minute", rate: "12.5", most: 7_500))
        #expect(try Fixture.imported(text, name: "small") == Self.golden)
    }

    private static let golden = """
        # Made from tsung.xml by simbench import. Comments say which element or key a value came from.
        # Left out, because it changes nothing here:
        # - line 2: the document type; it is not read
        # - line 3: <tsung loglevel>: a run leaves the same record whatever is logged
        # - line 5: <client host>: load1 and 1 more; workers are numbered
        # - line 8: <server host>: 192.0.2.1; the target stands in the lab, at an address of its own
        # - line 17: <option>: tcp_reuseaddr; workers bind their ports so that they can be used again at once
        # - line 18: <option>: connect_timeout of 50,000,000 ms; the kernel gives up after 127 s
        name: small
        about: '7,500 users at most, by the Tsung file tsung.xml'

        target:
          port: 4000                  # <server port>, line 8
          path: /socket/websocket     # <websocket path>, line 22

        workers:
          - group: worker
            count: 2                  # <client>, lines 5 to 6
            users: 60000              # <client maxusers>
            ports: 1025-65535         # <option name="ports_range">, line 15
            port_order: sequence      # Tsung hands out its range from one counter a machine

        load:
          inter_arrival: exponential  # Tsung draws exponential gaps
          phases:
            - { duration: 10 min, rate: 12.5/s, users: 7500 }  # <arrivalphase phase="1">, line 10
          retries: 20                 # <option name="max_retries">, line 16
          retry_wait: 10 ms           # Tsung's default of retry_timeout

        session:
          - connect                   # <websocket type="connect">, line 22
          - join: rooms:lobby         # <websocket type="message">, line 23
          - think: 30000 s            # <for>, line 24: 1,000 x 30 s

        """

    // MARK: config.yml

    static let template = """
        <tsung>
        <clients>
        <% (1..workers).each do |i| %>
        <client host="load_<%= i %>" maxusers="60000" />
        <% end %>
        </clients>
        <servers><server host="<%= target_ip %>" port="4000" type="tcp" /></servers>
        <load><arrivalphase phase="1" duration="100" unit="minute">
        <users maxnumber="<%= Config.tsung.maxnumber || workers * 60000 %>" arrivalrate="<%= Config.tsung.arrivalrate %>" unit="second" />
        </arrivalphase></load>
        <options><option name="ports_range" min="1025" max="65535"/></options>
        <sessions>
        \(Fixture.session)
        </sessions>
        </tsung>
        """

    static let config = """
        workers: 3
        tsung:
          arrivalrate: 100
          template: files/load.xml.erb
        digital_ocean_token: very-secret
        benchmark_target: { image: ubuntu, region: fra1, size: 16gb }
        worker: { size: 4gb }
        """

    private func imported(_ config: String, template: String = template) throws -> String {
        try Importer.profile(config, file: "config.yml", name: "own") { path throws(ProfileError) in
            guard path == "files/load.xml.erb" else { throw ProfileError("no \(path)") }
            return (template, "load.xml.erb")
        }
    }

    @Test func aConfigurationFillsInItsTemplate() throws {
        let text = try imported(Self.config)
        #expect(text.contains("extends: do-16gb") && text.contains("\nexpect: ~") && !text.contains("secret"))
        #expect(text.contains("    count: 3                  # <client>, line 4\n"))
        #expect(text.contains("- { duration: 100 min, rate: 100/s, users: 180_000 }  # <arrivalphase phase=\"1\">, line 8\n"))
        #expect(try imported(Self.config.replacing("arrivalrate: 100", with: "arrivalrate: 100\n  maxnumber: 70000")).contains("users: 70_000 }"))
    }

    @Test(arguments: [
        ("workers: 3", "workers: 0", "config.yml:1: workers is missing, or is not a whole number from 1 to"),
        ("arrivalrate: 100", "arivalrate: 100", "config.yml:3: tsung has no key \"arivalrate\""),
        ("16gb", "48gb", "config.yml:6: benchmark_target.size: no profile has a droplet of \"48gb\""),
        ("files/load", "files/other", "no files/other.xml.erb"),
        ("workers: 3\n", "", "the key \"workers\" is missing"),
    ])
    func configurationsThatAreRefused(piece: String, replacement: String, sentence: String) {
        #expect { try imported(Self.config.replacing(piece, with: replacement)) } throws: {
            "\($0)".contains(sentence) || (sentence.hasPrefix("the key") && "\($0)".contains("workers is missing"))
        }
    }

    @Test func aTemplateSaysOnlyWhatIsKnown() {
        #expect { try imported(Self.config, template: Self.template.replacing("<%= target_ip %>", with: "<%= `id` %>")) } throws: {
            "\($0)".hasPrefix("load.xml.erb:7: the template says \"= `id`\", which is not known here")
        }
        #expect { try imported(Self.config, template: Self.template.replacing("<% end %>", with: "")) } throws: { "\($0)".contains("a loop is not closed") }
        #expect { try Fixture.imported(Self.template) } throws: { "\($0)".contains("import that config.yml") }
    }
}
